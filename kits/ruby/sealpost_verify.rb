# frozen_string_literal: true

# Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).
# One file without dependencies, for Ruby 3.0 and later.

require "openssl"

module Sealpost
  # Seconds that clocks may differ, and that a message may have been under way.
  TOLERANCE = 300
  # In one header: more are noise.
  MOST_SIGNATURES = 16
  # What stands before the 32 bytes of an Ed25519 public key in its DER form (RFC 8410).
  ED25519 = ["302a300506032b6570032100"].pack("H*")

  # Nobody with one of the keys sent this, or not now. Answer 400, and say no more.
  class Refused < StandardError; end

  module_function

  # The id of the message. `headers` in any case; `body` the bytes as they came, before anybody parsed them; `keys` what the endpoint
  # shows: `whsec_…` secrets, `whpk_…` public keys, more than one while a secret is being rotated.
  # Raises `Refused`; `ArgumentError` for a key that is none.
  def verify(headers, body, keys, now = Time.now.to_i)
    opened = keys.map { |key| open_key(key) }
    found = {}
    headers.each do |name, value|
      lower = name.to_s.downcase
      raise Refused, "refused" if found.key?(lower)

      found[lower] = value
    end
    id, at, signatures = %w[id timestamp signature].map { |part| found["webhook-#{part}"].to_s }
    raise Refused, "refused" if id.empty? || !at.match?(/\A[0-9]{1,12}\z/) || (now - at.to_i).abs > TOLERANCE

    signed = "#{id}.#{at}.".b + body.b
    signatures.split(" ").first(MOST_SIGNATURES).each do |signature|
      version, text = signature.split(",", 2)
      return id if opened.any? { |kind, key| kind == version && holds?(kind, key, signed, text.to_s) }
    end
    raise Refused, "refused"
  end

  def holds?(kind, key, signed, text)
    if kind == "v1"
      mac = [OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")
      return mac.bytesize == text.bytesize && OpenSSL.fixed_length_secure_compare(mac, text)
    end
    key.verify(nil, text.unpack1("m0"), signed)
  rescue ArgumentError, OpenSSL::PKey::PKeyError
    false
  end

  def open_key(text)
    kind, encoded = text.start_with?("whsec_") ? ["v1", text[6..]] : ["v1a", text.delete_prefix("whpk_")]
    raise ArgumentError, "a key begins with whsec_ or whpk_" unless text.start_with?("whsec_", "whpk_")

    key = encoded.unpack1("m0")
    raise ArgumentError, "the key is too short" if key.bytesize < 24 || (kind == "v1a" && key.bytesize != 32)

    [kind, kind == "v1" ? key : OpenSSL::PKey.read(ED25519 + key)]
  end

  # Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from whoever
  # recorded it: do each once. In memory; several processes want a unique column in their database instead.
  class Processed
    def initialize(most = 100_000)
      @ids = {}
      @most = most
      @lock = Mutex.new
    end

    # Whether it is new.
    def add(id)
      @lock.synchronize do
        next false if @ids.key?(id)

        @ids[id] = true
        @ids.shift if @ids.size > @most
        true
      end
    end
  end
end
