package api

// An Op is something that a node can be asked.
type Op struct {
	// Name is a word: the last part of the subject on NATS and of the path on HTTP.
	Name string
	// Doc says in one sentence what it does.
	Doc string
	// Role is the least role that may ask: "reader", "caller", "deployer" or "operator".
	Role string
	// Write says that it makes a transaction, and takes a request id.
	Write bool
	// Public says that who is not known gets an answer, too: a short one.
	Public bool
	// Request and Answer are zero values of its types.
	Request, Answer any
}

// Safe reports whether asking changes nothing at all: then it may be asked by GET on HTTP, and again at any time.
func (op Op) Safe() bool { return !op.Write && op.Name != "backup" }

// TakesCode reports whether WebAssembly is a part of the request: then it may be the body over HTTP, and all else parameters.
func (op Op) TakesCode() bool { return op.Name == "install" || op.Name == "start" }

// Ops returns all operations, sorted by what they are about.
func Ops() []Op {
	return []Op{
		{"info", "Tells who the node is, how it is, and who asks.", "reader", false, true, Empty{}, Info{}},
		{"stats", "Tells what the node has done since it started, and what it has now.", "reader", false, false, Empty{}, Stats{}},
		{"send", "Runs one transaction and answers when it is durable.", "caller", true, false, SendRequest{}, Receipt{}},
		{"query", "Asks the code of an actor about its state.", "reader", false, false, QueryRequest{}, Answer{}},
		{"get", "Reads the value of one key of an actor.", "reader", false, false, GetRequest{}, Value{}},
		{"scan", "Lists keys of an actor in order, in pages.", "reader", false, false, ScanRequest{}, Page{}},
		{"history", "Lists the values that transactions gave to a key.", "reader", false, false, HistoryRequest{}, History{}},
		{"actors", "Lists actors by address, in pages.", "reader", false, false, ActorsRequest{}, Actors{}},
		{"actor", "Tells what is known about one actor.", "reader", false, false, ActorRequest{}, Actor{}},
		{"receipt", "Returns what a transaction left.", "reader", false, false, ReceiptRequest{}, Receipt{}},
		{"log", "Lists transactions in order.", "reader", false, false, LogRequest{}, Log{}},
		{"trace", "Returns the tree of a transaction.", "reader", false, false, TraceRequest{}, Trace{}},
		{"watch", "Returns the next transactions that concern what is watched, and waits for the first.", "reader", false, false,
			WatchRequest{}, Notices{}},
		{"modules", "Lists modules.", "reader", false, false, Empty{}, Modules{}},
		{"module", "Tells what is known about one module.", "reader", false, false, ModuleRequest{}, Module{}},
		{"install", "Makes WebAssembly a module.", "deployer", true, false, InstallRequest{}, Module{}},
		{"claims", "Lists the actors whose modules carry claims.", "reader", false, false, Empty{}, Claims{}},
		{"start", "Makes a module with claims an actor and lets it run, or puts a later revision in its place.", "operator", true, false,
			StartRequest{}, Claimed{}},
		{"stop", "Takes the right to run from an actor, and its links.", "operator", true, false, StopRequest{}, Done{}},
		{"scale", "Says how many calls of an actor may run at once.", "operator", true, false, ScaleRequest{}, Done{}},
		{"providers", "Lists providers, and tells how they are.", "reader", false, false, Empty{}, Providers{}},
		{"provide", "Puts a provider, or changes it.", "operator", true, false, ProvideRequest{}, Done{}},
		{"withdraw", "Takes a provider away.", "operator", true, false, WithdrawRequest{}, Done{}},
		{"links", "Lists links between actors and providers.", "reader", false, false, LinksRequest{}, Links{}},
		{"link", "Puts a link between an actor and a provider.", "operator", true, false, LinkRequest{}, Done{}},
		{"unlink", "Takes a link away.", "operator", true, false, UnlinkRequest{}, Done{}},
		{"trusted", "Tells whose modules may run.", "operator", false, false, Empty{}, Trust{}},
		{"trust", "Makes a key an anchor: from then on only modules run for whose issuer one vouches.", "operator", true, false, TrustRequest{}, Done{}},
		{"distrust", "Takes an anchor away.", "operator", true, false, KeyRequest{}, Done{}},
		{"ban", "Keeps a module, or all that an account has signed, from running, at once.", "operator", true, false, Ban{}, Done{}},
		{"unban", "Ends a ban.", "operator", true, false, KeyRequest{}, Done{}},
		{"policy", "Names the actor that is asked before something starts or is called.", "operator", true, false, PolicyRequest{}, Done{}},
		{"grants", "Lists who may do what.", "operator", false, false, Empty{}, Grants{}},
		{"grant", "Allows the holder of a key something.", "operator", true, false, Grant{}, Done{}},
		{"revoke", "Takes all grants of a key away, at once.", "operator", true, false, RevokeRequest{}, Done{}},
		{"pause", "Lets an actor take no more messages.", "operator", true, false, PauseRequest{}, Done{}},
		{"resume", "Lets a paused actor take messages again.", "operator", true, false, ResumeRequest{}, Done{}},
		{"backup", "Copies everything that is durable, while the node runs on.", "operator", false, false, BackupRequest{}, Backup{}},
	}
}

// Find returns the operation of that name.
func Find(name string) (Op, bool) {
	for _, op := range Ops() {
		if op.Name == name {
			return op, true
		}
	}
	return Op{}, false
}
