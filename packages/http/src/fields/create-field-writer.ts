import { invalidOption } from '@headgate/core'
import { checkPolicies } from './check-policies.ts'
import { draft6 } from './draft-6.ts'
import { draft7 } from './draft-7.ts'
import { draft11 } from './draft-11.ts'
import type { FieldStyle } from './field-style.ts'
import type { FieldWriter, Policy, WriteFields } from './field-writer.ts'
import { legacy } from './legacy.ts'

const STYLES: { readonly [S in FieldStyle]: (policies: readonly Policy[]) => WriteFields } = {
  'draft-11': draft11,
  'draft-7': draft7,
  'draft-6': draft6,
  'legacy-epoch': (policies) => legacy(policies, 'epoch'),
  'legacy-delta': (policies) => legacy(policies, 'now'),
}

/**
 * Writes the header fields that tell clients where they stand.
 *
 * @param styles one, or a draft and a legacy one together: two drafts would use a field's name for two syntaxes
 * @param policies each with a name of its own; none, and nothing is written
 * @throws {@link HeadgateError} `INVALID_OPTION` for styles that don't go together, and for what no field can say: a name or unit
 * that isn't printable ASCII, a quota past 999,999,999,999,999
 * @example
 * ```ts
 * import { tokenBucket } from '@headgate/core'
 * import { createFieldWriter, policyOf } from '@headgate/http'
 *
 * const burst = policyOf('burst', tokenBucket({ capacity: 100, refill: 100, per: '1m' }))
 * const writer = createFieldWriter('draft-11', [burst])
 * writer.write([{ remaining: 50, resetMs: 30_000 }], 0, Date.now)
 * // [['ratelimit-policy', '"burst";q=100;w=60'], ['ratelimit', '"burst";r=50;t=30']]
 * ```
 */
export function createFieldWriter(
  styles: FieldStyle | readonly FieldStyle[],
  policies: readonly Policy[],
): FieldWriter {
  const asked: readonly FieldStyle[] = typeof styles === 'string' ? [styles] : styles
  checkStyles(asked)
  checkPolicies(policies)
  const [write, ...more] = asked.map((style) => STYLES[style](policies)) as [WriteFields, ...WriteFields[]]
  if (more.length === 0) return { write }
  return { write: (...standing) => [write, ...more].flatMap((writeOne) => writeOne(...standing)) }
}

/** Two styles of one family use the same names. */
function checkStyles(styles: readonly FieldStyle[]): void {
  if (!Array.isArray(styles) || styles.length === 0) {
    throw invalidOption('headers', styles, 'a style of fields, or a list of them', 'Use "draft-11"')
  }
  const families = new Set<string>()
  for (const style of styles) {
    if (!Object.hasOwn(STYLES, style)) {
      throw invalidOption('headers', style, 'a style of fields', `Use ${Object.keys(STYLES).join(', ')}`)
    }
    const family = style.startsWith('draft') ? 'draft' : 'legacy'
    if (families.has(family)) {
      throw invalidOption(
        'headers',
        styles.join(' with '),
        `at most one ${family} style`,
        'Choose one of them',
      )
    }
    families.add(family)
  }
}
