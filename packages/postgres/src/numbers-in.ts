/** The whole numbers in a text, whatever stands between them: none is negative, and all are below 2^53. */
export function numbersIn(text: string): number[] {
  const numbers: number[] = []
  let number = -1
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9) number = number < 0 ? digit : number * 10 + digit
    else if (number >= 0) {
      numbers.push(number)
      number = -1
    }
  }
  if (number >= 0) numbers.push(number)
  return numbers
}
