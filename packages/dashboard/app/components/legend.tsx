interface Props {
  /** Of when the figures are. */
  readonly title: string
  readonly items: readonly { readonly name: string; readonly colour: Colour; readonly value: string }[]
}

type Colour = 'allowed' | 'denied' | 'degraded'

/** What the colours of a chart mean, with the figures under the pointer. */
export function Legend({ title, items }: Props) {
  return (
    <div class="legend">
      <span class="legend-title">{title}</span>
      {items.map(({ name, colour, value }) => (
        <span key={name} class="legend-item">
          <i class={`swatch swatch-${colour}`} /> {name} <b>{value}</b>
        </span>
      ))}
    </div>
  )
}
