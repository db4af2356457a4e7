/**
 * Looks for planted secrets in whatever a program left behind, in every form that code gives to bytes.
 *
 * A secret counts as found when any 16 bytes of it are, so that a truncated one is found too.
 *
 * @module
 */

/** Name of the secret for the test's message, and its bytes. */
export type Canaries = Readonly<Record<string, string | Uint8Array>>

const WINDOW_BYTES = 16

/** `NAME as FORM` for each secret that is in the text; empty is good. */
export function findLeaks(text: string, needles: readonly Needle[]): string[] {
  return [...new Set(needles.filter(({ form }) => text.includes(form)).map(({ what }) => what))]
}

export interface Needle {
  readonly what: string
  readonly form: string
}

/** Every form of every window of every secret. */
export function needlesOf(canaries: Canaries): readonly Needle[] {
  return Object.entries(canaries).flatMap(([name, secret]) => {
    const isText = typeof secret === 'string'
    const forms = new Map<string, string>()
    for (const bytes of windows(Buffer.from(secret))) {
      for (const [how, form] of [...(isText ? textForms(bytes) : []), ...byteForms(bytes)]) {
        // The first name stays: much of Base64 is also Base64url.
        if (!forms.has(form)) forms.set(form, `${name} as ${how}`)
      }
    }
    return [...forms].map(([form, what]) => ({ what, form }))
  })
}

function* windows(secret: Buffer): Generator<Buffer> {
  if (secret.length < 8) throw new RangeError('a secret this short is found everywhere')
  const last = Math.max(0, secret.length - WINDOW_BYTES)
  for (let start = 0; start <= last; start += 1) {
    yield secret.subarray(start, start + WINDOW_BYTES)
  }
}

type Forms = readonly (readonly [how: string, form: string])[]

function textForms(bytes: Buffer): Forms {
  const text = bytes.toString()
  // A window that cuts a character in two is part of its neighbours.
  if (text.includes('\u{fffd}')) return []
  return [
    ['text', text],
    ['JSON', JSON.stringify(text).slice(1, -1)],
    ['percent-encoded text', encodeURIComponent(text)],
  ]
}

function byteForms(bytes: Buffer): Forms {
  const pairs = bytes.toString('hex').match(/../gu) ?? []
  return [
    ['hex', pairs.join('')],
    ['upper-case hex', pairs.join('').toUpperCase()],
    ['hex with blanks', pairs.join(' ')],
    ['hex with colons', pairs.join(':')],
    ['upper-case hex with colons', pairs.join(':').toUpperCase()],
    ['percent-encoded bytes', pairs.map((pair) => `%${pair.toUpperCase()}`).join('')],
    ['decimal bytes', bytes.join(',')],
    ...([0, 1, 2] as const).flatMap((offset): Forms => [
      ['base64', base64Within(bytes, offset, 'base64')],
      ['base64url', base64Within(bytes, offset, 'base64url')],
    ]),
  ]
}

/** What these bytes look like inside a longer text, where they begin `offset` bytes into a group of three. */
function base64Within(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes])
  const first = Math.ceil((offset * 8) / 6)
  const end = Math.floor((padded.length * 8) / 6)
  return padded.toString(alphabet).slice(first, end)
}
