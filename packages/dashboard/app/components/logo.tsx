export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M7 8v16M25 8v16M7 13h18" />
      <path d="M12.3 17v3M16 17v7M19.7 17v3" />
    </svg>
  )
}
