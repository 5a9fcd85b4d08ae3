import type { ComponentChildren, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'

interface Shared {
  readonly label: string
  readonly name: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
  readonly class?: string
}

interface TextProps extends Shared {
  readonly value: string
  onValue(value: string): void
  readonly type?: 'text' | 'search' | 'password' | 'date' | 'datetime-local'
  readonly placeholder?: string
  readonly rows?: number
  readonly suggestions?: readonly string[]
  readonly maxLength?: number
}

export function TextField(props: TextProps) {
  const { label, name, value, onValue, type = 'text', rows, suggestions } = props
  const id = useId()
  const shared = {
    ...described(id, props),
    name,
    value,
    placeholder: props.placeholder ?? '',
    autocomplete: 'off',
    spellcheck: false,
    onInput: (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onValue(event.currentTarget.value),
  } as const
  return (
    <Frame {...props} id={id} label={label}>
      {rows === undefined ? (
        <input
          {...shared}
          // The types tell what goes with which type; all that is given here goes with all of them.
          type={type as 'text'}
          {...(props.maxLength !== undefined && { maxLength: props.maxLength })}
          {...(suggestions && { list: `${id}-list` })}
        />
      ) : (
        <textarea {...shared} rows={rows} />
      )}
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </Frame>
  )
}

interface SelectProps extends Shared {
  readonly value: string
  onValue(value: string): void
  /** Values, or values with what is shown for them. */
  readonly options: readonly (string | readonly [value: string, text: string])[]
}

export function SelectField(props: SelectProps) {
  const { label, name, value, onValue, options } = props
  const id = useId()
  return (
    <Frame {...props} id={id} label={label}>
      <select
        {...described(id, props)}
        name={name}
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map((option) => {
          const [own, text] = typeof option === 'string' ? [option, option] : option
          return (
            <option key={own} value={own} selected={own === value}>
              {text}
            </option>
          )
        })}
      </select>
    </Frame>
  )
}

function Frame(props: Shared & { readonly id: string; readonly children: ComponentChildren }) {
  const { id, label, hint, error, children } = props
  return (
    <div class={`field ${props.class ?? ''}`}>
      <label for={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}

function described(id: string, { hint, error }: Shared) {
  const by = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  return {
    id,
    ...(error !== undefined && { 'aria-invalid': true }),
    ...(by.length > 0 && { 'aria-describedby': by.join(' ') }),
  } as const
}
