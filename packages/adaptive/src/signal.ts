/** Something that tells how a service does. */
export interface Signal {
  /**
   * The pressure since it was read last: 1 is as much as may be, 0 is none, and 2 is twice too much. What isn't a number,
   * or throws, counts as none.
   */
  read(): number
}
