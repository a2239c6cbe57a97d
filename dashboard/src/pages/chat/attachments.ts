// Files that a person adds to a message: text goes along as a fenced block, an image as an image.

import { text } from '#text/chat'
import { size } from '#src/app/shape'

export type Attachment =
  | { kind: 'text'; name: string; text: string }
  | { kind: 'image'; name: string; media_type: string; bytes: string }

/** The most of one message: files, bytes of one text and of one image. A model reads no more at once. */
export const mostFiles = 8
const mostText = 256_000
const mostImage = 5_000_000
const images = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** Reads a file, or says why it cannot go along. */
export async function read(file: File): Promise<Attachment | string> {
  if (images.includes(file.type)) {
    if (file.size > mostImage) return text.composer.tooLarge(file.name, size(mostImage))
    return { kind: 'image', name: file.name, media_type: file.type, bytes: base64(new Uint8Array(await file.arrayBuffer())) }
  }
  if (file.size > mostText) return text.composer.tooLarge(file.name, size(mostText))
  try {
    const words = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    return words.includes('\0') ? text.composer.notText(file.name) : { kind: 'text', name: file.name, text: words }
  } catch {
    return text.composer.notText(file.name)
  }
}

function base64(bytes: Uint8Array): string {
  let letters = ''
  // In pieces, since a function takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) letters += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(letters)
}
