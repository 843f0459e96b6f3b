// Package bench measures a host under load: how many transactions a second, how long each takes, what that costs, and
// how it compares with the bare store on the same machine at the same time.
//
//	result, err := bench.Run(ctx, bench.Config{Workload: "transfer", Dir: dir})
//	fmt.Println(result.TxPerS, result.Latency.P99, result.Ratio)
//
// # Guarantees
//
// A figure and what it is compared with come from alternating slices of one run, and are the medians of these, because
// machines are noisy. In the open loop a latency counts from the moment when the request should have been sent, so that a
// stall is charged to every request that it delayed. Each workload knows what must hold in the end (no money is made or
// lost, every subtree is there or is not) and a run in which it does not hold is an error, not a figure.
//
// # What it is not
//
// It is no load generator for a remote host: load and host share the process, and the processors.
package bench
