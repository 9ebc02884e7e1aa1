package redact

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// StripImage returns a JPEG, PNG or WebP without its metadata (EXIF with its
// coordinates, XMP, IPTC, comments, thumbnails). The picture itself is copied
// bit for bit. Any other input is an error: what cannot be read cannot be
// cleaned.
func StripImage(v []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(v, []byte{0xff, 0xd8, 0xff}):
		return stripJPEG(v)
	case bytes.HasPrefix(v, []byte("\x89PNG\r\n\x1a\n")):
		return stripPNG(v)
	case len(v) >= 12 && string(v[:4]) == "RIFF" && string(v[8:12]) == "WEBP":
		return stripWebP(v)
	}
	return nil, fmt.Errorf("%w: not a JPEG, PNG or WebP picture", ErrForm)
}

var errImage = fmt.Errorf("%w: broken picture", ErrForm)

// stripJPEG keeps the segments that decoding needs and drops APP1 to APP13,
// APP15 and COM. APP0 (JFIF) stays without its thumbnail, APP14 (Adobe) says
// how colours are stored. Bytes after the end of the image are dropped too:
// that is where previews and motion pictures with metadata of their own hide.
func stripJPEG(v []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(v)), v[:2]...)
	rest := v[2:]
	for {
		if len(rest) < 4 || rest[0] != 0xff {
			return nil, errImage
		}
		marker := rest[1]
		if marker == 0xff { // fill byte
			rest = rest[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(rest[2:])) + 2
		if marker < 0xc0 || marker == 0xd8 || marker == 0xd9 || n < 4 || n > len(rest) {
			return nil, errImage
		}
		if keepSegment(marker) {
			out = append(out, segment(rest[:n])...)
		}
		rest = rest[n:]
		if marker != 0xda { // start of scan
			continue
		}
		end, more := scanEnd(rest)
		if end < 0 {
			return nil, errImage
		}
		out = append(out, rest[:end]...)
		rest = rest[end:]
		if !more {
			return append(out, 0xff, 0xd9), nil
		}
	}
}

func keepSegment(marker byte) bool {
	app := marker >= 0xe0 && marker <= 0xef
	return marker != 0xfe && (!app || marker == 0xe0 || marker == 0xee)
}

// segment returns a segment as it is kept: JFIF without its thumbnail.
func segment(s []byte) []byte {
	const jfif = 18
	if s[1] != 0xe0 || len(s) <= jfif || string(s[4:9]) != "JFIF\x00" {
		return s
	}
	short := bytes.Clone(s[:jfif])
	binary.BigEndian.PutUint16(short[2:], jfif-2)
	short[16], short[17] = 0, 0
	return short
}

// scanEnd returns where entropy-coded data ends and whether another segment
// follows (progressive pictures have several scans) or the image is over.
func scanEnd(b []byte) (int, bool) {
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0xff || b[i+1] == 0 || b[i+1] >= 0xd0 && b[i+1] <= 0xd7 || b[i+1] == 0xff {
			continue
		}
		return i, b[i+1] != 0xd9
	}
	return -1, false
}

var pngKeep = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "cHRM": true, "gAMA": true, "iCCP": true,
	"sBIT": true, "sRGB": true, "cICP": true, "bKGD": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true}

// stripPNG keeps the chunks of a closed list and stops at IEND.
func stripPNG(v []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(v)), v[:8]...)
	for rest := v[8:]; len(rest) >= 12; {
		n := int64(binary.BigEndian.Uint32(rest)) + 12
		if n > int64(len(rest)) {
			return nil, errImage
		}
		kind := string(rest[4:8])
		if pngKeep[kind] {
			out = append(out, rest[:n]...)
		}
		if kind == "IEND" {
			return out, nil
		}
		rest = rest[n:]
	}
	return nil, errImage
}

var webpKeep = map[string]bool{"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true}

// stripWebP keeps the chunks of a closed list and clears the EXIF and XMP flags.
func stripWebP(v []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(v)), v[:12]...)
	rest := v[12:]
	for len(rest) >= 8 {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		n := 8 + size + size&1
		if 8+size > int64(len(rest)) {
			return nil, errImage
		}
		n = min(n, int64(len(rest)))
		kind := string(rest[:4])
		if webpKeep[kind] {
			at := len(out)
			out = append(out, rest[:n]...)
			if kind == "VP8X" && size >= 1 {
				out[at+8] &^= 0x0c
			}
		}
		rest = rest[n:]
	}
	if len(rest) != 0 || len(out) == 12 {
		return nil, errImage
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
