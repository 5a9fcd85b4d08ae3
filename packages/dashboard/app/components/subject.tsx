import { href } from '../lib/router.ts'
import { visiblePieces } from '../lib/visible-text.ts'

const LONG = 80

/** A customer's id. It is anybody's text: isolated from what stands around it, with what can't be seen written out. */
export function Subject({ id }: { readonly id: string }) {
  return (
    <bdi class={`subject ${id.length > LONG ? 'subject-long' : ''}`} translate={false}>
      {visiblePieces(id).map(({ text, isCode }) => (isCode ? <span class="code-point">{text}</span> : text))}
    </bdi>
  )
}

export function SubjectLink({ id }: { readonly id: string }) {
  return (
    <a class="subject-link" href={href(['customers', id])}>
      <Subject id={id} />
    </a>
  )
}

/** Within a sentence, where a long id is cut off. */
export function ShortSubjectLink({ id }: { readonly id: string }) {
  const characters = [...id]
  const isLong = characters.length > LONG
  return (
    <a class="subject-link" href={href(['customers', id])}>
      <Subject id={isLong ? characters.slice(0, LONG - 20).join('') : id} />
      {isLong && `… (${characters.length} characters)`}
    </a>
  )
}
