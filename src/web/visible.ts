/** Names that strangers gave, made safe to look at. */

/** Characters that hide, or that reorder what stands around them: `gpj.exe` can pass for `exe.jpg` with one. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** `name` with every misleading character as U+FFFD. */
export function visible(name: string): string {
  return name.replace(MISLEADING, '\ufffd');
}
