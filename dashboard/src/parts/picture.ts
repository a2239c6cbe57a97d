// Images that arrive as base 64.

/** The bytes of a base-64 text; empty when it is none. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  let letters: string
  try {
    letters = atob(base64)
  } catch {
    letters = ''
  }
  const bytes = new Uint8Array(letters.length)
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i)
  return bytes
}

/** Kinds of images that browsers draw and that are nothing but images. */
const kinds = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']

/** A `data:` address for an image that a tool or the person sent; `null` for a kind that is not shown. */
export function dataUrl(image: { media_type: string; bytes: string }): string | null {
  const isClean = kinds.includes(image.media_type) && /^[A-Za-z0-9+/=\s]*$/.test(image.bytes)
  return isClean ? `data:${image.media_type};base64,${image.bytes}` : null
}
