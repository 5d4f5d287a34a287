// Runs Azurite's blob service for the sandbox: node launcher.js AZURITE_DIRECTORY OPTION...
//
// Azurite itself takes its accounts from the environment it was started with. Here each line on
// stdin is the whole list as AZURITE_ACCOUNTS has it, so that storage accounts come and go while
// it runs; a line "accounts" is the answer. The end of stdin is the end of the service.
"use strict";
const path = require("path");
const readline = require("readline");

const [azurite] = process.argv.splice(2, 1);
const { BlobServerFactory } = require(
  path.join(azurite, "dist", "src", "blob", "BlobServerFactory.js")
);

async function main() {
  const lines = readline.createInterface({ input: process.stdin });
  let server;
  let ended = false;
  const end = async () => {
    if (ended) return;
    ended = true;
    // Open connections must not keep what is in memory from being saved.
    setTimeout(() => process.exit(1), 8000).unref();
    if (server) await server.close();
    process.exit(0);
  };
  process.once("SIGTERM", end).once("SIGINT", end);
  lines.once("close", end);
  const first = await new Promise((resolve) => lines.once("line", resolve));
  process.env.AZURITE_ACCOUNTS = first;
  server = await new BlobServerFactory().createServer();
  await server.start();
  lines.on("line", (line) => {
    process.env.AZURITE_ACCOUNTS = line;
    server.accountDataStore.refresh();
    process.stdout.write("accounts\n");
  });
  process.stdout.write("accounts\n");
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
