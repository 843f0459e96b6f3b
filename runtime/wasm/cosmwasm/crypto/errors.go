package crypto

// An Error says why an input was refused. Its Code is what the contract sees in place of a result.
type Error struct {
	Code uint32 // one of the Code constants
	Text string // for people; contracts never see it
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// The codes of the VM's ABI (cosmwasm.md 2.3). 0 and 1 are results: valid and invalid.
const (
	CodeHashFormat          = 3  // a message hash that is not 32 bytes
	CodeSignatureFormat     = 4  // a signature that is not 64 bytes
	CodePubkeyFormat        = 5  // a public key of the wrong length, or with an unknown first byte
	CodeRecoveryParam       = 6  // a recovery parameter that the curve does not have
	CodeBatch               = 7  // numbers of messages, signatures and keys that do not go together
	CodePoint               = 8  // not the compressed form of a point of the group
	CodeHashFunction        = 9  // a hash function other than SHA-256
	CodeGeneric             = 10 // well formed, but not a signature or a key of this curve
	CodePairingG1           = 11 // a list of points that is not a multiple of 48 bytes
	CodePairingG2           = 12 // a list of points that is not a multiple of 96 bytes
	CodePairingUnequal      = 13 // lists of different numbers of points
	CodeAggregationEmpty    = 14 // no points to add
	CodeAggregationMultiple = 15 // points to add that are not a multiple of their size
)
