// Package metrics counts what a node does, for Prometheus.
//
//	m := metrics.New()
//	n, err := node.New(host, node.Options{Observer: m, …})
//	m.Observe(n)
//	http.Handle("/metrics", m.Handler())
//
// # Guarantees
//
// The labels of a metric have few values, none of which a caller chooses: operations, transports, codes, reasons; and at most
// a hundred modules, actors or providers, whose names operators choose. List tells all metrics; a test holds the documents to it.
//
// # What it is not
//
// It keeps nothing: what a node has done before it was started is in its log.
package metrics
