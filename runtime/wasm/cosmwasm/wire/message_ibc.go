package wire

// IBCMsg is a message to another chain.
type IBCMsg struct {
	Transfer             *TransferMsg             `json:"transfer,omitempty"`
	SendPacket           *SendPacketMsg           `json:"send_packet,omitempty"`
	WriteAcknowledgement *WriteAcknowledgementMsg `json:"write_acknowledgement,omitempty"`
	CloseChannel         *CloseChannelMsg         `json:"close_channel,omitempty"`
	PayPacketFee         *PayPacketFeeMsg         `json:"pay_packet_fee,omitempty"`
	PayPacketFeeAsync    *PayPacketFeeAsyncMsg    `json:"pay_packet_fee_async,omitempty"`
}

// TransferMsg sends a token over a channel.
type TransferMsg struct {
	ChannelID string     `json:"channel_id"`
	ToAddress string     `json:"to_address"`
	Amount    Coin       `json:"amount"`
	Timeout   IBCTimeout `json:"timeout"`
	Memo      string     `json:"memo,omitempty"`
}

// SendPacketMsg sends data over a channel of the contract.
type SendPacketMsg struct {
	ChannelID string     `json:"channel_id"`
	Data      []byte     `json:"data"`
	Timeout   IBCTimeout `json:"timeout"`
}

// WriteAcknowledgementMsg answers a packet that was not answered when it came.
type WriteAcknowledgementMsg struct {
	Ack            IBCAcknowledgement `json:"ack"`
	ChannelID      string             `json:"channel_id"`
	PacketSequence uint64             `json:"packet_sequence"`
}

// CloseChannelMsg closes a channel of the contract.
type CloseChannelMsg struct {
	ChannelID string `json:"channel_id"`
}

// PayPacketFeeMsg pays for the relay of the next packet. No chain takes it any more.
type PayPacketFeeMsg struct {
	ChannelID string        `json:"channel_id"`
	Fee       IBCFee        `json:"fee"`
	PortID    string        `json:"port_id"`
	Relayers  Array[string] `json:"relayers"`
}

// PayPacketFeeAsyncMsg pays for the relay of a packet. No chain takes it any more.
type PayPacketFeeAsyncMsg struct {
	ChannelID string        `json:"channel_id"`
	Fee       IBCFee        `json:"fee"`
	PortID    string        `json:"port_id"`
	Relayers  Array[string] `json:"relayers"`
	Sequence  uint64        `json:"sequence"`
}

// IBCFee is what relayers are paid.
type IBCFee struct {
	AckFee     Array[Coin] `json:"ack_fee"`
	ReceiveFee Array[Coin] `json:"receive_fee"`
	TimeoutFee Array[Coin] `json:"timeout_fee"`
}

// IBCTimeout is when a packet is given up.
type IBCTimeout struct {
	Block     *IBCTimeoutBlock `json:"block"`
	Timestamp uint64           `json:"timestamp,string,omitempty"` // nanoseconds since 1970 UTC
}

// IBCTimeoutBlock is a block of the other chain.
type IBCTimeoutBlock struct {
	Revision uint64 `json:"revision"`
	Height   uint64 `json:"height"`
}

// IBCAcknowledgement is the answer to a packet.
type IBCAcknowledgement struct {
	Data []byte `json:"data"`
}

// IBC2Msg is a message to another chain, of version 2 of the protocol.
type IBC2Msg struct {
	SendPacket           *IBC2SendPacketMsg           `json:"send_packet,omitempty"`
	WriteAcknowledgement *IBC2WriteAcknowledgementMsg `json:"write_acknowledgement,omitempty"`
}

// IBC2SendPacketMsg sends payloads to a client.
type IBC2SendPacketMsg struct {
	SourceClient string        `json:"source_client"`
	Payloads     []IBC2Payload `json:"payloads"`
	Timeout      uint64        `json:"timeout,string,omitempty"`
}

// IBC2WriteAcknowledgementMsg answers a packet that was not answered when it came.
type IBC2WriteAcknowledgementMsg struct {
	Ack               IBCAcknowledgement `json:"ack"`
	SourceClient      string             `json:"source_client"`
	DestinationClient string             `json:"destination_client"`
	PacketSequence    uint64             `json:"packet_sequence"`
}

// IBC2Payload is a part of a packet.
type IBC2Payload struct {
	SourcePort      string `json:"source_port"`
	DestinationPort string `json:"destination_port"`
	Version         string `json:"version"`
	Encoding        string `json:"encoding"`
	Value           []byte `json:"value"`
}
