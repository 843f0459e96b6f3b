package messages

// The operations of the contract wasmcloud:blobstore. Actors speak it in either protocol: those built until 2023 in CBOR, in which
// a struct is an array in the order of its fields here, later ones in MessagePack. ReceiveChunk is received by actors.
const (
	CreateContainer  = "Blobstore.CreateContainer"  // text → nothing
	ContainerExists  = "Blobstore.ContainerExists"  // text → bool
	GetContainerInfo = "Blobstore.GetContainerInfo" // text → Container
	ListContainers   = "Blobstore.ListContainers"   // nothing → list of Container
	RemoveContainers = "Blobstore.RemoveContainers" // texts → list of ItemResult
	ObjectExists     = "Blobstore.ObjectExists"     // ObjectName → bool
	GetObjectInfo    = "Blobstore.GetObjectInfo"    // ObjectName → Object
	ListObjects      = "Blobstore.ListObjects"      // ListObjectsArgs → ObjectList
	RemoveObjects    = "Blobstore.RemoveObjects"    // RemoveObjectsArgs → list of ItemResult
	PutObject        = "Blobstore.PutObject"        // PutObjectArgs → PutObjectResponse
	PutChunk         = "Blobstore.PutChunk"         // PutChunkArgs → nothing
	GetObject        = "Blobstore.GetObject"        // GetObjectArgs → GetObjectResponse
	ReceiveChunk     = "ChunkReceiver.ReceiveChunk" // Chunk → ChunkResponse
)

// A Timestamp is a time since 1970. In CBOR it is left out: generators of code disagreed about its form there.
type Timestamp struct {
	Sec  int64  `json:"sec"`
	Nsec uint32 `json:"nsec"`
}

// Container is what is known of one.
type Container struct {
	ContainerID string     `json:"containerId"`
	CreatedAt   *Timestamp `json:"createdAt,omitempty"`
}

// ObjectName names an object.
type ObjectName struct {
	ContainerID string `json:"containerId"`
	ObjectID    string `json:"objectId"`
}

// Object is what is known of one.
type Object struct {
	ObjectID        string     `json:"objectId"`
	ContainerID     string     `json:"containerId"`
	ContentLength   uint64     `json:"contentLength"`
	LastModified    *Timestamp `json:"lastModified,omitempty"`
	ContentType     string     `json:"contentType,omitempty"`
	ContentEncoding string     `json:"contentEncoding,omitempty"`
}

// ListObjectsArgs is the argument of ListObjects: the first name, or what the list before ended with; the last name, and the
// name before which to end; and how many.
type ListObjectsArgs struct {
	ContainerID  string `json:"containerId"`
	StartWith    string `json:"startWith,omitempty"`
	Continuation string `json:"continuation,omitempty"`
	EndWith      string `json:"endWith,omitempty"`
	EndBefore    string `json:"endBefore,omitempty"`
	MaxItems     uint32 `json:"maxItems,omitempty"`
}

// ObjectList is the answer to ListObjects.
type ObjectList struct {
	Objects      []Object `json:"objects"`
	IsLast       bool     `json:"isLast"`
	Continuation string   `json:"continuation,omitempty"`
}

// RemoveObjectsArgs is the argument of RemoveObjects.
type RemoveObjectsArgs struct {
	ContainerID string   `json:"containerId"`
	Objects     []string `json:"objects"`
}

// ItemResult says what became of one of several.
type ItemResult struct {
	Key     string `json:"key"`
	Success bool   `json:"success"`
	Error   string `json:"error,omitempty"`
}

// Chunk is a part of an object. Offset is that of its first byte.
type Chunk struct {
	ObjectID    string `json:"objectId"`
	ContainerID string `json:"containerId"`
	Bytes       []byte `json:"bytes"`
	Offset      uint64 `json:"offset"`
	IsLast      bool   `json:"isLast"`
}

// PutObjectArgs is the argument of PutObject.
type PutObjectArgs struct {
	Chunk           Chunk  `json:"chunk"`
	ContentType     string `json:"contentType,omitempty"`
	ContentEncoding string `json:"contentEncoding,omitempty"`
}

// PutObjectResponse is the answer to PutObject. The stream is that of the chunks to come, if there are to be any.
type PutObjectResponse struct {
	StreamID string `json:"streamId,omitempty"`
}

// PutChunkArgs is the argument of PutChunk.
type PutChunkArgs struct {
	Chunk           Chunk  `json:"chunk"`
	StreamID        string `json:"streamId,omitempty"`
	CancelAndRemove bool   `json:"cancelAndRemove"`
}

// GetObjectArgs is the argument of GetObject. Both ends of the range are inclusive.
type GetObjectArgs struct {
	ObjectID    string  `json:"objectId"`
	ContainerID string  `json:"containerId"`
	RangeStart  *uint64 `json:"rangeStart,omitempty"`
	RangeEnd    *uint64 `json:"rangeEnd,omitempty"`
}

// GetObjectResponse is the answer to GetObject. ContentLength is that of the range.
type GetObjectResponse struct {
	Success         bool   `json:"success"`
	Error           string `json:"error,omitempty"`
	InitialChunk    *Chunk `json:"initialChunk,omitempty"`
	ContentLength   uint64 `json:"contentLength"`
	ContentType     string `json:"contentType,omitempty"`
	ContentEncoding string `json:"contentEncoding,omitempty"`
}

// ChunkResponse is the answer to ReceiveChunk.
type ChunkResponse struct {
	CancelDownload bool `json:"cancelDownload"`
}
