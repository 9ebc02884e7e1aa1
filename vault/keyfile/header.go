package keyfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The header block: magic (16 bytes), version and slot size (4 bytes each, big
// endian), length of the policy name (2), the name, zeros, and in the last four
// bytes the CRC-32C of all before. The sum guards against accidents, not people:
// a slot moved to another policy's file does not unwrap anyway.
const (
	magic         = "avow subject key"
	formatVersion = 1
	maxPolicy     = 255
	sumAt         = headerSize - 4
)

func encodeHeader(policy string) ([]byte, error) {
	if policy == "" || len(policy) > maxPolicy {
		return nil, fmt.Errorf("policy name has %d bytes; between 1 and %d fit in a key file", len(policy), maxPolicy)
	}
	h := make([]byte, headerSize)
	copy(h, magic)
	binary.BigEndian.PutUint32(h[16:], formatVersion)
	binary.BigEndian.PutUint32(h[20:], slotSize)
	binary.BigEndian.PutUint16(h[24:], uint16(len(policy)))
	copy(h[26:], policy)
	binary.BigEndian.PutUint32(h[sumAt:], sum(h))
	return h, nil
}

func sum(h []byte) uint32 { return crc32.Checksum(h[:sumAt], crc32.MakeTable(crc32.Castagnoli)) }

// decodeHeader returns the policy that the file belongs to.
func decodeHeader(h []byte) (string, error) {
	if len(h) != headerSize || !bytes.HasPrefix(h, []byte(magic)) {
		return "", errors.New("this is not a subject key file (wrong first bytes)")
	}
	if v := binary.BigEndian.Uint32(h[16:]); v != formatVersion {
		return "", fmt.Errorf("the file has format %d; this program reads format %d", v, formatVersion)
	}
	n := int(binary.BigEndian.Uint16(h[24:]))
	if binary.BigEndian.Uint32(h[sumAt:]) != sum(h) || n == 0 || n > maxPolicy {
		return "", fmt.Errorf("header: %w", ErrDamaged)
	}
	policy := string(h[26 : 26+n])
	// One spelling only: what we would not write, we do not read.
	if want, err := encodeHeader(policy); err != nil || !bytes.Equal(h, want) {
		return "", fmt.Errorf("header: %w", ErrDamaged)
	}
	return policy, nil
}

// checkSize refuses a file that cannot be a header and whole slots.
func checkSize(size int64) error {
	if size < headerSize || (size-headerSize)%slotSize != 0 {
		return fmt.Errorf("%d bytes is not a header and whole slots; the file was cut or is not a subject key file", size)
	}
	if size > offset(MaxSID+1) {
		return fmt.Errorf("%d bytes is more than %d slots need", size, MaxSID)
	}
	return nil
}
