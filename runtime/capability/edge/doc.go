// Package edge runs the halves of providers that are outside of the host: what holds sockets, and turns what comes in
// there into transactions.
//
//	s := edge.New(host, []edge.Kind{httpserver.Kind(nil)}, &edge.Options{Logger: log})
//	go s.Run(ctx)
//	…
//	for _, status := range s.Status() { … }
//
// A Supervisor follows the committed rows of capability.Address: whatever put, changed or deleted a provider or a link
// there, be it a transaction of this process, of another host of the partition or of a time before a restart, its half
// starts, changes or ends. Orders never talk to a half, so that a transaction that is rolled back has touched nothing.
//
// # Guarantees
//
// There is one half for each link (or provider, as its kind says), and it serves what the latest durable rows say. When
// they change the half that is to come works before the one that was ends, unless it has to have what that one holds. A
// half that fails or panics is started again, after a delay that grows; nothing else is held up by it. Each change of its
// state is told to the log of the host, so that it is an event, and to the Logger.
//
// # What it is not
//
// It decides nothing: who may reach whom is judged in each transaction anew, by the rows as they are there.
package edge
