// Text from elsewhere in a place where it must not pretend to be something else.

// Control characters, directions, zero-width and tag characters: shown by number, not obeyed.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu

/** The text with everything invisible made visible: `\u{202e}`. Tabs and line ends stay. */
export function plain(words: string): string {
  return words.replace(hidden, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
}

// Signs that turn the direction of what follows, and those that no terminal would print either.
const turning = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The same for prose, where joiners and variants belong to scripts and emoji: only what turns or hides text is shown. */
export function prose(words: string): string {
  return words.replace(turning, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
}
