package address

// A Prefix is what the addresses of a chain begin with: lower case letters, such as "cosmos". Its methods may be called
// at the same time.
type Prefix string
