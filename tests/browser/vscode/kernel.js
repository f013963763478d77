// A kernel connection as VS Code's widget manager expects it, over one websocket to a real kernel. Messages go to the
// kernel's main thread: VS Code opens no subshell.

class Signal {
  #slots = [];
  connect(slot, self) {
    this.#slots.push([slot, self]);
    return true;
  }
  disconnect(slot, self) {
    this.#slots = this.#slots.filter((each) => each[0] !== slot || each[1] !== self);
    return true;
  }
  emit(sender, value) {
    for (const [slot, self] of [...this.#slots]) slot.call(self, sender, value);
  }
}

class Comm {
  isDisposed = false;
  onMsg = null;
  onClose = null;
  constructor(kernel, targetName, commId) {
    Object.assign(this, { kernel, targetName, commId });
  }
  open(data, metadata, buffers) {
    const content = { comm_id: this.commId, target_name: this.targetName, data: data ?? {} };
    return this.kernel.post("comm_open", content, metadata, buffers);
  }
  send(data, metadata, buffers) {
    return this.kernel.post("comm_msg", { comm_id: this.commId, data }, metadata, buffers);
  }
  close(data, metadata, buffers) {
    return this.kernel.post("comm_close", { comm_id: this.commId, data: data ?? {} }, metadata, buffers);
  }
  dispose() {
    this.isDisposed = true;
  }
}

export class ProxyKernel {
  id = "proxy";
  clientId = "webview";
  username = "";
  name = "python3";
  model = { id: "proxy", name: "python3" };
  status = "idle";
  connectionStatus = "connected";
  handleComms = true;
  hasPendingInput = false;
  isDisposed = false;
  serverSettings = {};
  statusChanged = new Signal();
  connectionStatusChanged = new Signal();
  iopubMessage = new Signal();
  unhandledMessage = new Signal();
  anyMessage = new Signal();
  pendingInput = new Signal();
  disposed = new Signal();
  info = Promise.resolve({});
  spec = Promise.resolve(undefined);

  #targets = new Map();
  #comms = new Map();
  #asked = new Map();
  #handled = Promise.resolve();

  static connect(address) {
    return new Promise((done, failed) => {
      const socket = new WebSocket(address);
      const kernel = new ProxyKernel();
      kernel.socket = socket;
      socket.onopen = () => done(kernel);
      socket.onerror = failed;
      // One after another: a comm's message may not overtake the making of its model.
      socket.onmessage = ({ data }) => {
        kernel.#handled = kernel.#handled.then(() => kernel.#take(JSON.parse(data))).catch(console.error);
      };
    });
  }

  registerCommTarget(name, callback) {
    this.#targets.set(name, callback);
  }
  removeCommTarget(name) {
    this.#targets.delete(name);
  }
  hasComm(id) {
    return this.#comms.has(id);
  }
  createComm(targetName, id = crypto.randomUUID()) {
    const comm = new Comm(this, targetName, id);
    this.#comms.set(id, comm);
    return comm;
  }
  requestCommInfo(content) {
    return this.post("comm_info_request", content).done;
  }
  requestKernelInfo() {
    return this.post("kernel_info_request", {}).done;
  }
  registerMessageHook() {}
  removeMessageHook() {}
  dispose() {
    this.socket.close();
  }

  /** Sends a message; the future hears what the kernel publishes about it. */
  post(type, content, metadata = {}, buffers = []) {
    if (buffers?.length) throw new Error("this proxy carries no buffers");
    const id = crypto.randomUUID();
    const future = { msg: { header: { msg_id: id } }, onReply: null, onIOPub: null, onStdin: null, dispose() {} };
    future.done = new Promise((resolve) => {
      future.resolve = resolve;
    });
    this.#asked.set(id, future);
    this.socket.send(JSON.stringify({ id, type, content, metadata: metadata ?? {} }));
    return future;
  }

  async #take(message) {
    const future = this.#asked.get(message.parent_header?.msg_id);
    if (message.channel === "shell") {
      await future?.onReply?.(message);
      future?.resolve(message);
      return;
    }
    await future?.onIOPub?.(message);
    const { msg_type: type } = message.header;
    const { content } = message;
    const comm = this.#comms.get(content.comm_id);
    if (type === "status" && ["busy", "idle", "restarting", "dead"].includes(content.execution_state)) {
      this.status = content.execution_state;
      this.statusChanged.emit(this, this.status);
    } else if (type === "comm_open" && this.#targets.has(content.target_name)) {
      await this.#targets.get(content.target_name)(this.createComm(content.target_name, content.comm_id), message);
    } else if (type === "comm_msg") await comm?.onMsg?.(message);
    else if (type === "comm_close") {
      this.#comms.delete(content.comm_id);
      await comm?.onClose?.(message);
    }
    this.iopubMessage.emit(this, message);
  }
}
