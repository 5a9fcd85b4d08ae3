import { addDays, isZone, ownZone } from '../lib/dates.ts'
import { RANGES, rangeOf } from '../lib/ranges.ts'
import { refine } from '../lib/router.ts'
import type { UsageField, UsagePeriod } from '../lib/types.ts'
import { useTyped } from '../lib/use-typed.ts'
import { SelectField, TextField } from './field.tsx'

const FIELDS: readonly (readonly [UsageField, string])[] = [
  ['subject', 'customer'],
  ['meter', 'meter'],
  ['plan', 'plan'],
]
const PERIODS: readonly UsagePeriod[] = ['hour', 'day', 'month', 'total']
const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]

/** What the address asks for, as the API takes it. */
export interface AskedUsage {
  readonly [name: string]: string | readonly string[]
  readonly from: string
  readonly to: string
  readonly by: UsagePeriod
  readonly timeZone: string
  readonly subject: string
  readonly meter: string
  readonly plan: string
  readonly groupBy: readonly UsageField[]
}

export function askedOf(query: URLSearchParams): AskedUsage {
  const zone = query.get('zone') ?? ownZone
  const timeZone = isZone(zone) ? zone : 'UTC'
  const range = query.get('range') ?? '7days'
  const { from, to } = rangeOf(range, timeZone, Date.now(), query.get('first') ?? '', query.get('last') ?? '')
  const by = PERIODS.find((period) => period === query.get('by')) ?? (range === 'today' ? 'hour' : 'day')
  const [subject, meter, plan] = [query.get('subject'), query.get('meter'), query.get('plan')]
  return {
    ...{ from, to, by, timeZone, subject: subject ?? '', meter: meter ?? '', plan: plan ?? '' },
    groupBy: groupOf(query),
  }
}

function groupOf(query: URLSearchParams): UsageField[] {
  const said = (query.get('group') ?? 'meter').split(',')
  return FIELDS.map(([field]) => field).filter((field) => said.includes(field))
}

export function UsageFilters({ query }: { readonly query: URLSearchParams }) {
  const asked = askedOf(query)
  const range = query.get('range') ?? '7days'
  const group = groupOf(query)
  const toggle = (field: UsageField): void =>
    refine({
      // A list that is empty would be left out of the address, and mean the usual.
      group:
        (group.includes(field) ? group.filter((other) => other !== field) : [...group, field]).join(',') ||
        '-',
    })
  return (
    <form class="filters" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
      <SelectField
        label="Range"
        name="range"
        value={range}
        options={RANGES}
        onValue={(value) => refine({ range: value, by: '', first: asked.from, last: addDays(asked.to, -1) })}
      />
      {range === 'custom' && (
        <>
          <TextField
            label="From"
            name="first"
            type="date"
            value={query.get('first') ?? ''}
            error={asked.from === query.get('first') ? undefined : 'Not before the other date'}
            onValue={(value) => refine({ first: value })}
          />
          <TextField
            label="To, inclusive"
            name="last"
            type="date"
            value={query.get('last') ?? ''}
            onValue={(value) => refine({ last: value })}
          />
        </>
      )}
      <SelectField
        label="By"
        name="by"
        value={asked.by}
        options={PERIODS}
        onValue={(value) => refine({ by: value })}
      />
      <Typed
        label="Time zone"
        name="zone"
        value={query.get('zone') ?? ownZone}
        suggestions={ZONES}
        check={(zone) => (isZone(zone) ? undefined : 'No such zone')}
      />
      <Typed label="Customer" name="subject" value={asked.subject} />
      <Typed label="Meter" name="meter" value={asked.meter} />
      <Typed label="Plan" name="plan" value={asked.plan} />
      <SelectField
        label="Chart of"
        name="show"
        value={query.get('show') ?? 'requests'}
        options={['requests', 'units']}
        onValue={(value) => refine({ show: value })}
      />
      <fieldset class="choices">
        <legend>Grouped by</legend>
        {FIELDS.map(([field, title]) => (
          <label key={field}>
            <input type="checkbox" checked={group.includes(field)} onChange={() => toggle(field)} /> {title}
          </label>
        ))}
      </fieldset>
    </form>
  )
}

interface TypedProps {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly suggestions?: readonly string[]
  check?(value: string): string | undefined
}

/** A field that is looked at when typing has paused. */
function Typed({ value, check, ...props }: TypedProps) {
  const [text, type] = useTyped(value, (text) => {
    if (check?.(text) === undefined) refine({ [props.name]: text })
  })
  return <TextField {...props} value={text} error={check?.(text)} onValue={type} />
}
