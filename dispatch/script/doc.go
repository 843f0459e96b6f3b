// Package script runs the rules of dispatch: scripts that are to be read, each named after the rule that it shows. Whoever
// makes actors of some kind, be they Go values or WebAssembly, runs the same scripts on puppets of that kind and must get
// the same answers. It is for tests.
//
// The actors in a script are puppets: a message is a script of what its receiver does (see puppet.Parse). Nothing costs
// gas but what a script uses, unless prices are set.
//
// The commands:
//
//	module NAME [system] [bare]     bind a puppet as NAME, system: as system code, bare: with no entry point but Execute;
//	                                the script is what it does when it is instantiated with an empty body
//	actors A B.. [module=] [admin=] instantiate them, by default from the module "puppet"
//	limits NAME=N..                 set limits, by their names in JSON; the others are the defaults
//	prices [NAME=N..]               set prices of gas; without any, those that hold by default
//	send TO [from=] [kind=] [module=] [admin=] [body=N] [gas] [brief] [deadline=passed|DURATION]
//	                                one transaction; brief leaves out calls, events and state; the clock of a deadline
//	                                stands still but while an actor waits
//	query TO                        a query from outside
//	state, records, events, trace   show keys, records, the events or the trace of the last transaction
//	deny FROM TO [code=]            refuse messages from FROM to TO from here on
//	unload NAME                     forget the code of a module that the state knows
//	corrupt ACTOR                   damage its record
//	new                             begin with an empty world
//
// A transaction shows its outcome, who called whom (⇐ is a reply, ✗ a failure, undone what a failure above rolled back),
// its events, and the state of all actors that have any.
package script
