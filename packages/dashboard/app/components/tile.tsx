interface Props {
  readonly name: string
  readonly value: string
  readonly more: string
  readonly colour?: 'allowed' | 'denied' | 'degraded' | 'bad'
}

/** One figure. */
export function Tile({ name, value, more, colour }: Props) {
  return (
    <dl class={`tile ${colour ? `tile-${colour}` : ''}`}>
      <dt>{name}</dt>
      <dd class="tile-value">{value}</dd>
      <dd class="tile-more">{more}</dd>
    </dl>
  )
}
