import { type Expression, expression } from './expression.ts'
import { EXPIRES_AT, type Item, KEY } from './item.ts'

/** On condition that the item is still as it was seen: for whatever has no form of its own. */
export interface ExactCondition {
  readonly condition: string
  readonly expression: Expression
}

/** Compares all attributes of an item that was seen; a log is known by its stamp. */
export function stillAs(seen: Item | undefined): ExactCondition {
  const x = expression()
  if (seen === undefined) return { condition: `attribute_not_exists(${x.name(KEY)})`, expression: x }
  const compared = Object.entries(seen).filter(([name]) => ![KEY, EXPIRES_AT, 'log'].includes(name))
  const condition = compared.map(([name, value]) => `${x.name(name)} = ${x.value(value)}`).join(' AND ')
  return { condition, expression: x }
}
