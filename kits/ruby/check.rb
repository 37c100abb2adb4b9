# frozen_string_literal: true

# Answers the questions of `kits/README.md`.

require_relative "sealpost_verify"

$stdout.sync = true
$stdin.each_line(chomp: true) do |line|
  first, second, *rest = line.split("\t", -1)
  if first == "processed"
    processed = Sealpost::Processed.new(second.to_i)
    puts rest.map { |id| processed.add(id) ? "new" : "old" }.join(" ")
    next
  end
  body, *headers = rest
  pairs = headers.to_h { |one| one.split("=", 2) }.transform_values { |value| value.unpack1("m0").force_encoding("UTF-8") }
  begin
    puts Sealpost.verify(pairs, body.unpack1("m0"), second.split(","), first.to_i)
  rescue Sealpost::Refused
    puts "refused"
  end
end
