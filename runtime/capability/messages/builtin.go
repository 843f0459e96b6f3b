package messages

// The operations of the contracts that need no link: logging, numbers, and the health of an actor.
const (
	WriteLog      = "Logging.WriteLog"        // LogEntry → nothing
	GenerateGUID  = "NumberGen.GenerateGuid"  // nothing → text
	Random32      = "NumberGen.Random32"      // nothing → uint32
	RandomInRange = "NumberGen.RandomInRange" // RangeLimit → uint32
	HealthRequest = "Actor.HealthRequest"     // HealthCheck → Health
)

// LogEntry is the argument of WriteLog. Level is one of trace, debug, info, warn, error, critical.
type LogEntry struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// RangeLimit is the argument of RandomInRange. Both ends are inclusive.
type RangeLimit struct {
	Min uint32 `json:"min"`
	Max uint32 `json:"max"`
}

// HealthCheck is the argument of HealthRequest.
type HealthCheck struct{}

// Health is the answer to it.
type Health struct {
	Healthy bool   `json:"healthy"`
	Message string `json:"message,omitempty"`
}

// OldHealthCheck is HealthCheck before 2021.
type OldHealthCheck struct {
	Placeholder bool `json:"placeholder"`
}

// OldLogEntry is LogEntry before 2021. Target is where the line belongs, by choice of the actor.
type OldLogEntry struct {
	Target string `json:"target"`
	Level  string `json:"level"`
	Text   string `json:"text"`
}

// GeneratorRequest is the argument of RequestGuid, RequestRandom and RequestSequence of wasmcloud:extras, in host 0.18: one of
// the first three is true. Later actors send nothing, or RangeLimit, and get the bare value.
type GeneratorRequest struct {
	GUID     bool   `json:"guid"`
	Sequence bool   `json:"sequence"`
	Random   bool   `json:"random"`
	Min      uint32 `json:"min"`
	Max      uint32 `json:"max"`
}

// GeneratorResult is the answer to a GeneratorRequest.
type GeneratorResult struct {
	GUID           *string `json:"guid"`
	SequenceNumber uint64  `json:"sequenceNumber"`
	RandomNumber   uint32  `json:"random_number"`
}
