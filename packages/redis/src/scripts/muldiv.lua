-- Defines muldiv(a, b, c): ceil(a * b / c), at most MAX_LEVEL, for whole numbers a < 2^53 and b, c <= 2^52.
--
-- Exact, and nothing passes 2^53 on the way. What is whole in a / c is multiplied as it is; for the rest, which is below c,
-- the product is built bit by bit of b from the top, and divided by c as one divides on paper.

local function muldiv(a, b, c)
  local rest = a % c
  local product = (a - rest) / c * b
  if product > MAX_LEVEL then
    return MAX_LEVEL
  end
  local quotient, remainder = 0, 0
  for i = 52, 0, -1 do
    quotient, remainder = quotient * 2, remainder * 2
    if remainder >= c then
      quotient, remainder = quotient + 1, remainder - c
    end
    if b >= 2 ^ i then
      b, remainder = b - 2 ^ i, remainder + rest
      if remainder >= c then
        quotient, remainder = quotient + 1, remainder - c
      end
    end
  end
  return min(product + quotient + (remainder > 0 and 1 or 0), MAX_LEVEL)
end
