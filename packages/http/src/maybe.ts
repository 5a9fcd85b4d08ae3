/** A value, or a promise of it: what can be answered at once is, since waiting costs more than deciding. */
export type Maybe<T> = T | Promise<T>

/** Goes on with a value, at once where it is at hand. */
export function andThen<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
