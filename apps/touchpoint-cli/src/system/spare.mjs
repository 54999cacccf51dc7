// For watch mode: a process that has loaded the packages of an app, which takes most of the time of its start, and waits. Told to `load`, it imports the app's
// bundle; what the app wants to listen on waits until the process before it has let go of the port (`listen`).
import { Server } from 'node:net';
import { pathToFileURL } from 'node:url';

const listen = Server.prototype.listen;
let open = () => undefined;
const mayListen = new Promise((resolve) => {
  open = resolve;
});
Server.prototype.listen = function (...args) {
  void mayListen.then(() => listen.apply(this, args));
  return this;
};

const packages = JSON.parse(process.argv[2] ?? '[]');
const loaded = Promise.allSettled(packages.map((name) => import(name)));

process.channel?.ref();
process.on('message', (message) => {
  if (message.do === 'load') {
    process.argv[1] = message.bundle;
    void loaded.then(() => import(pathToFileURL(message.bundle).href));
  }
  if (message.do === 'listen') {
    Server.prototype.listen = listen;
    process.channel?.unref();
    open();
  }
});
