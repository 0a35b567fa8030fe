/** Stores, and nouns of stores, that do some things in another way. */

/** `original` with the members in `changes` in place of its own; it stays as it is. */
export function overridden<Original extends object>(
  original: Original,
  changes: Partial<Original>,
): Original {
  return new Proxy(original, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
