// Package doctor looks at everything that a node depends on, and says what to do about what is wrong.
//
//	for _, f := range doctor.Examine(ctx, doctor.Options{Config: c, Version: "1.2.3"}) {
//		fmt.Println(f.Status, f.Name, f.Text, f.Advice)
//	}
//
// # Guarantees
//
// It changes nothing: a file that it makes to see whether it can is removed again. A node that runs is not disturbed. Each
// finding that is not ok says what to do.
//
// # What it is not
//
// It repairs nothing, and does not execute the log again: troupe verify does.
package doctor
