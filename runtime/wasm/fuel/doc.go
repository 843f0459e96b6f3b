// Package fuel is what dialects share that let guests pay for what they do: what instructions cost, and the account of a
// call.
//
//	d := &wasm.Dialect{Gas: fuel.Table("troupe-1"), …}
//
//	account.Open(services)                    // a call begins
//	err := module.Call(account.Refill(), …)   // the guest may use so much
//	account.Settle(left)                      // before the host charges gas for anything else, and at the end
//
// Instructions cost fuel, and fuel is paid with gas. How many units of fuel one of gas buys is the host's price.
package fuel
