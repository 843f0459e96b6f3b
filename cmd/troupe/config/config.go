package config

import "time"

// A Config says how a node is served.
type Config struct {
	Name string
	Dir  string
	App  string
	Keys string

	HTTP      HTTP
	NATS      NATS
	Log       Log
	OTLP      OTLP
	Limits    Limits
	Retention Retention
	Disk      Disk
	Backup    Backup
	ReadOnly  bool
	Drain     time.Duration
}

// HTTP is the gateway.
type HTTP struct {
	// Listen is an address, or "off".
	Listen    string
	Cert, Key string
	// Insecure allows an address that others can reach without TLS.
	Insecure    bool
	Origins     []string
	Hosts       []string
	Connections int
	Dashboard   bool
}

// NATS is how the node is reached by NATS.
type NATS struct {
	// Listen is the address of the server in the process, or "off".
	Listen string
	// URL is a server elsewhere, instead of the one in the process.
	URL                           string
	Creds, Nkey, CA, Cert, Key    string
	PublishEvents, PublishChanges bool
}

// Log says what is told about the node while it runs.
type Log struct{ Level, Format string }

// OTLP is where traces go.
type OTLP struct {
	Endpoint string
	// Sample is the part of requests that are traced, from 0 to 1.
	Sample float64
}

// Limits bound what callers can take up.
type Limits struct {
	InFlight int
	Body     int64
	Queue    int
	Cache    int64
}

// Retention says how long the log and the receipts are kept: what is older, or more than fits, goes. Zero means for ever.
type Retention struct {
	Age  time.Duration
	Size int64
	// RequestIDs is how long the ids of requests are known, although their receipts are gone.
	RequestIDs time.Duration
}

// Disk says what happens when it gets full.
type Disk struct {
	// Reserve is how many bytes stay free: below, the node takes no writes.
	Reserve int64
}

// Backup is where copies are made.
type Backup struct{ Dir string }
