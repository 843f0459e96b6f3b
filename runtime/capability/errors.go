package capability

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The codes of refusals, beside those of package actor. They and the texts that go with them are part of receipts: a change
// would make logs diverge that have them. Where users of wasmCloud know a text it begins with that.
const (
	CodeNotStarted    = "not_started"    // the actor has never been started, or was stopped
	CodeStopped       = "stopped"        // the actor is scaled to 0
	CodeExpired       = "expired"        // the claims of the module have expired
	CodeNotYet        = "not_yet"        // the claims of the module do not hold yet
	CodeBanned        = "banned"         // the module or its issuer is banned
	CodeUntrusted     = "untrusted"      // the host has anchors, and the issuer is none, nor vouched for
	CodeMissingLink   = "missing_link"   // no link for that contract and name
	CodeMissingClaim  = "missing_claim"  // the claims do not name the contract
	CodeUnlinked      = "unlinked"       // who sends is not linked to the provider
	CodeNotProvided   = "not_provided"   // the provider of a link is not there, or is one of another contract
	CodeInvalidOrder  = "invalid_order"  // an order that cannot be kept
	CodeOlderRevision = "older_revision" // an update that is not newer
	CodeChangedCaps   = "changed_caps"   // an update with other capabilities
	CodeDenied        = "denied"         // refused by policy
)

// CodeNeedsTransaction is the code of a query that would have to write: it can be asked again as a message.
const CodeNeedsTransaction = "needs_transaction"

// shown returns a text of a guest or a user as it stands in an error: as it is if it can be the word that it should be.
func shown(text string) string {
	if actor.Address(text).ValidateSender() == nil {
		return text
	}
	return fmt.Sprintf("%.80q", text)
}
