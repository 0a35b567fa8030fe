#!/usr/bin/env node
import { main, processTerminal } from '#cli';

process.exitCode = await main(process.argv.slice(2), processTerminal());
