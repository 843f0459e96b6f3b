// Package typescript holds the client of a node for TypeScript, and writes the part of it that says what can be asked:
// src/types.ts is made from the table of package api, so that it cannot drift.
//
//	go test ./runtime/client/typescript -update
//
// The client itself is src/client.ts. It needs fetch and nothing else: a browser, Node.js from version 20 on, Deno, Bun.
package typescript
