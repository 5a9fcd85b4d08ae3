import { invalidOption } from '@headgate/core'
import type { Metric } from 'prom-client'
import type { Catalogue } from './catalogue.ts'
import type { Family } from './families.ts'
import type { MetricsOptions } from './options.ts'

/**
 * Puts all metrics into the registry, or none.
 *
 * @returns what takes them out again
 * @throws HeadgateError `INVALID_OPTION` where the registry has one of these names already
 */
export function enlist(catalogue: Catalogue, { register, prefix }: Required<MetricsOptions>): () => void {
  // A registry asks of a metric no more than a family has; its type wants prom-client's own classes.
  const metrics = Object.values(catalogue).map((family: Family) => {
    return { name: family.name, metric: family as unknown as Metric }
  })
  if (metrics.some(({ name }) => register.getSingleMetric(name) !== undefined)) {
    const expected = 'one whose metrics the registry does not have yet'
    const fix = 'Share what one createMetrics() gave, close() that first, or use another prefix or registry'
    throw invalidOption('prefix', prefix, expected, fix)
  }
  for (const { metric } of metrics) register.registerMetric(metric)
  return () => {
    for (const { name, metric } of metrics) {
      // Somebody may have cleared the registry, and put another one there.
      if (register.getSingleMetric(name) === metric) register.removeSingleMetric(name)
    }
  }
}
