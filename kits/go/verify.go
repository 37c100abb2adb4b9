// Package verify checks what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).
// One file without dependencies.
package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// Seconds that clocks may differ, and that a message may have been under way.
	tolerance = 300
	// In one header: more are noise.
	mostSignatures = 16
)

// ErrRefused says that nobody with one of the keys sent this, or not now. Answer 400, and say no more.
var ErrRefused = errors.New("refused")

// ErrKey says that a key is none: it begins with whsec_ or whpk_, and is at least 24 bytes long.
var ErrKey = errors.New("not a key")

// Verify returns the id of the message. The body is the bytes as they came, before anybody parsed them; keys are what the endpoint
// shows: whsec_… secrets, whpk_… public keys, more than one while a secret is being rotated.
func Verify(headers http.Header, body []byte, keys []string, now time.Time) (string, error) {
	type opened struct {
		kind string
		key  []byte
	}
	all := make([]opened, 0, len(keys))
	for _, text := range keys {
		kind, key, err := openKey(text)
		if err != nil {
			return "", err
		}
		all = append(all, opened{kind, key})
	}
	id, at, signatures := only(headers, "Webhook-Id"), only(headers, "Webhook-Timestamp"), only(headers, "Webhook-Signature")
	sent, err := strconv.ParseUint(at, 10, 40)
	if err != nil || id == "" || at[0] == '+' {
		return "", ErrRefused
	}
	if away := now.Unix() - int64(sent); away > tolerance || away < -tolerance {
		return "", ErrRefused
	}
	signed := bytes.Join([][]byte{[]byte(id), []byte(at), body}, []byte("."))
	for count, signature := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(signature, ",")
		for _, one := range all {
			if count < mostSignatures && one.kind == version && holds(one.kind, one.key, signed, text) {
				return id, nil
			}
		}
	}
	return "", ErrRefused
}

func only(headers http.Header, name string) string {
	if values := headers.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

func holds(kind string, key, signed []byte, text string) bool {
	if kind == "v1" {
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		return hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(text))
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && len(signature) == ed25519.SignatureSize && ed25519.Verify(key, signed, signature)
}

func openKey(text string) (string, []byte, error) {
	kind, encoded := "v1", strings.TrimPrefix(text, "whsec_")
	if strings.HasPrefix(text, "whpk_") {
		kind, encoded = "v1a", strings.TrimPrefix(text, "whpk_")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || encoded == text || len(key) < 24 || (kind == "v1a" && len(key) != ed25519.PublicKeySize) {
		return "", nil, ErrKey
	}
	return kind, key, nil
}

// Processed knows ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes
// from whoever recorded it: do each once. In memory; several processes want a unique column in their database instead.
type Processed struct {
	lock  sync.Mutex
	most  int
	known map[string]struct{}
	order []string
}

// NewProcessed remembers the last `most` ids.
func NewProcessed(most int) *Processed {
	return &Processed{most: most, known: map[string]struct{}{}}
}

// Add says whether the id is new.
func (processed *Processed) Add(id string) bool {
	processed.lock.Lock()
	defer processed.lock.Unlock()
	if _, known := processed.known[id]; known {
		return false
	}
	processed.known[id] = struct{}{}
	processed.order = append(processed.order, id)
	if len(processed.order) > processed.most {
		delete(processed.known, processed.order[0])
		processed.order = processed.order[1:]
	}
	return true
}
