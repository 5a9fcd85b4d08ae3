/** What stands where a field was asked for. */
export const MISSING = 0
export const VALUE = 1
export const NULL = 2
/** An object or an array: no key, time or cost. */
export const NESTED = 3

/**
 * The asked-for fields of one record, a slot each. A value is a span of UTF-8 bytes rather than a string, so that a field
 * that is only looked at (a time, a number) is never made.
 */
export interface Fields {
  readonly kind: number[]
  readonly bytes: Buffer[]
  readonly from: number[]
  readonly to: number[]
}

const NOTHING = Buffer.alloc(0)

/** Slots for so many fields. */
export function createFields(count: number): Fields {
  return {
    kind: new Array<number>(count).fill(MISSING),
    bytes: new Array<Buffer>(count).fill(NOTHING),
    from: new Array<number>(count).fill(0),
    to: new Array<number>(count).fill(0),
  }
}

/** Puts a span into a slot. */
export function setSpan(fields: Fields, slot: number, bytes: Buffer, from: number, to: number): void {
  fields.kind[slot] = VALUE
  fields.bytes[slot] = bytes
  fields.from[slot] = from
  fields.to[slot] = to
}

/** Puts a value into a slot that stands nowhere as it is. */
export function setText(fields: Fields, slot: number, text: string): void {
  const bytes = Buffer.from(text)
  setSpan(fields, slot, bytes, 0, bytes.length)
}

/** A slot's value as a string. */
export function textOf(fields: Fields, slot: number): string {
  return (fields.bytes[slot] as Buffer).toString('utf8', fields.from[slot], fields.to[slot])
}

/** Whether a slot holds text that isn't empty. */
export function hasText(fields: Fields, slot: number): boolean {
  return fields.kind[slot] === VALUE && (fields.to[slot] as number) > (fields.from[slot] as number)
}

/** Why a slot holds nothing to work with, in words. */
export function lackOf(fields: Fields, slot: number): string {
  const kind = fields.kind[slot]
  if (kind === MISSING) return 'is missing'
  if (kind === NULL) return 'is null'
  return kind === NESTED ? 'is not a single value' : 'is empty'
}

/** Slots that ask for what an earlier slot asks for too: their number and that one's. */
export function twinsOf(asked: readonly unknown[]): readonly (readonly [slot: number, owner: number])[] {
  return asked.flatMap((what, slot) => {
    const owner = asked.indexOf(what)
    return owner < slot ? [[slot, owner] as const] : []
  })
}

/** Formats fill the first slot that asks for a field; this fills the others. */
export function copyTwins(twins: ReturnType<typeof twinsOf>, fields: Fields): void {
  for (const [slot, owner] of twins) {
    fields.kind[slot] = fields.kind[owner] as number
    fields.bytes[slot] = fields.bytes[owner] as Buffer
    fields.from[slot] = fields.from[owner] as number
    fields.to[slot] = fields.to[owner] as number
  }
}
