/** How a framework's request is read. Each framework's package has one; everything else is the same for all. */
export interface Host<Request> {
  method(request: Request): string
  /** A field of the request, its lines joined by ", "; `name` is in lower case. */
  header(request: Request, name: string): string | undefined
  /**
   * The address of the socket's other end, where the framework knows it: as the system writes it, without a port
   * (`192.0.2.1`, `::ffff:192.0.2.1`, `2001:db8::1`).
   */
  address(request: Request): string | undefined
  /**
   * Calls `listener` once when the client goes away before it has been answered; returns what takes the listener back. Asked
   * only for requests that must wait.
   */
  onGone(request: Request, listener: () => void): () => void
}
