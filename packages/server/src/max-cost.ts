/** The most that usage counts at once. More is refused beforehand: it would be found out only when it is taken already. */
export const MAX_COST: number = 2 ** 40
