import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** The names and values of an expression. Every name goes by a placeholder: many a plain word is reserved. */
export interface Expression {
  /** The placeholder of an attribute. */
  name(attribute: string): string
  /** The placeholder of a value; a number or a bigint is sent with all of its digits. */
  value(value: AttributeValue | number | bigint): string
  readonly names: Record<string, string>
  readonly values: Record<string, AttributeValue>
}

export function expression(): Expression {
  const names: Record<string, string> = {}
  const values: Record<string, AttributeValue> = {}
  let count = 0
  return {
    names,
    values,
    name(attribute) {
      const placeholder = `#${attribute}`
      names[placeholder] = attribute
      return placeholder
    },
    value(value) {
      const placeholder = `:v${count++}`
      values[placeholder] = typeof value === 'object' ? value : { N: String(value) }
      return placeholder
    },
  }
}
