// Package cw20 is an application without code of its own but for the actor in payroll: README.md beside this file says
// what it shows, and for whom. The tests run everything in it.
package cw20
