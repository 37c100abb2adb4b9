//! `sealpost doctor egress`: whether a receiver would be called from here, and why not.

use std::io::{BufRead, BufWriter, Write};
use std::net::IpAddr;

use sealpost_egress::guard::{AddressClass, Refusal, classify, embedded};
use sealpost_egress::network::Network;
use sealpost_egress::target::Target;
use serde::Serialize;
use serde_json::json;

use crate::cli::{Outcome, Shell, Stop};
use crate::config::Flags;
use crate::house;

#[derive(clap::Args)]
pub(super) struct Args {
    /// URLs of receivers, or names or addresses of hosts: looked up as the server would, and judged
    #[arg(value_name = "URL", required_unless_present = "classify", conflicts_with = "classify")]
    asked: Vec<String>,
    /// Judge addresses and URLs from standard input, one a line, and look nothing up
    #[arg(long)]
    classify: bool,
}

/// What would become of a call.
#[derive(Serialize)]
struct Judged<'a> {
    asked: &'a str,
    called: bool,
    /// `public`, or why not, as a code.
    why: &'static str,
    /// The form in which an IPv6 address carries an IPv4 address, and that.
    #[serde(skip_serializing_if = "Option::is_none")]
    carries: Option<(&'static str, IpAddr)>,
    /// What the name led to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<Judged<'a>>,
    /// The address itself, where it was not what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

impl<'a> Judged<'a> {
    fn new(asked: &'a str, called: bool, why: &'static str) -> Self {
        Self { asked, called, why, carries: None, addresses: Vec::new(), address: None }
    }

    fn address(asked: &'a str, address: IpAddr, network: &Network) -> Self {
        let carries = match address {
            IpAddr::V6(address) => embedded(address).map(|(form, carried)| (form.word(), carried.into())),
            IpAddr::V4(_) => None,
        };
        let why = match network.permit(&[address]) {
            Ok(()) => classify(address).word(),
            Err(refusal) => word(refusal),
        };
        Self { carries, ..Self::new(asked, network.permit(&[address]).is_ok(), why) }
    }

    /// As registration would read it: a URL, or an address literal that no URL may have.
    fn unseen(asked: &'a str, network: &Network) -> Self {
        if let Ok(address) = asked.parse() {
            return Self::address(asked, address, network);
        }
        match Target::entered(asked, network.policy()) {
            Ok(_) => Self::new(asked, true, "name"),
            Err(error) => Self::new(asked, false, error.code()),
        }
    }

    async fn looked_up(asked: &'a str, network: &Network) -> Self {
        let target = Target::entered(asked, network.policy());
        let host = match (&target, asked.contains("://")) {
            (Ok(target), _) => target.host(),
            (Err(error), true) => return Self::new(asked, false, error.code()),
            (Err(_), false) => asked.to_owned(),
        };
        if let Ok(address) = host.parse() {
            return Self::address(asked, address, network);
        }
        let Ok(found) = network.addresses(&host).await else {
            return Self::new(asked, false, "name_not_resolved");
        };
        let (called, why) = match network.permit(&found) {
            Ok(()) => (true, AddressClass::Public.word()),
            Err(refusal) => (false, word(refusal)),
        };
        let addresses = found.into_iter().map(|one| Self { address: Some(one), ..Self::address(asked, one, network) });
        Self { addresses: addresses.collect(), ..Self::new(asked, called, why) }
    }
}

fn word(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoAddress => "no_address",
        Refusal::NotPublic(class) => class.word(),
        Refusal::OwnAddress => "own_address",
        Refusal::Port => "port",
        Refusal::PlainText => "plain_text",
    }
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    let loaded = shell.load(&Flags::default())?;
    let network = house::receivers(&loaded.config.egress)?;
    if args.classify {
        return classify_lines(shell, &network);
    }
    let mut judged = Vec::new();
    for asked in &args.asked {
        judged.push(Judged::looked_up(asked, &network).await);
    }
    let refused = judged.iter().filter(|one| !one.called).count();
    shell.out.result(&json!({ "ok": refused == 0, "judged": judged }), || {
        for one in &judged {
            shell.out.say(line(one));
            for Judged { address, called, why, carries, .. } in &one.addresses {
                let address = address.map(|address| address.to_string()).unwrap_or_default();
                let one = Judged { carries: *carries, ..Judged::new(&address, *called, why) };
                shell.out.say(format_args!("      {}", line(&one)));
            }
        }
    });
    if refused == 0 { Ok(()) } else { Err(Stop::refused(format!("{refused} would not be called"))) }
}

/// What a program feeds, a program reads: every line is answered by one, at the end of the input.
fn classify_lines(shell: &Shell, network: &Network) -> Outcome {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for asked in std::io::stdin().lock().lines() {
        let asked = asked?;
        let judged = Judged::unseen(&asked, network);
        let text = if shell.out.is_json() {
            serde_json::to_string(&judged).map_err(anyhow::Error::from)?
        } else {
            line(&judged)
        };
        writeln!(out, "{text}")?;
    }
    Ok(out.flush()?)
}

fn line(judged: &Judged<'_>) -> String {
    let Judged { asked, called, why, carries, .. } = judged;
    let mark = if *called { "call  " } else { "refuse" };
    match carries {
        Some((form, carried)) => format!("{mark} {asked}  {why}: {form} of {carried}"),
        None => format!("{mark} {asked}  {why}"),
    }
}

#[cfg(test)]
mod tests {
    use sealpost_egress::guard::Policy;
    use sealpost_egress::resolve::FixedResolver;

    use super::*;

    #[test]
    fn an_address_is_told_with_what_it_carries() {
        let network = Network::new(Policy::strict(), FixedResolver::new());
        for (asked, told) in [
            ("8.8.8.8", "call   8.8.8.8  public"),
            ("10.0.0.1", "refuse 10.0.0.1  private"),
            ("::ffff:10.0.0.1", "refuse ::ffff:10.0.0.1  embedded_ipv4: mapped of 10.0.0.1"),
            ("https://0x7f.1/", "refuse https://0x7f.1/  address_literal"),
            ("https://hooks.example.com/in", "call   https://hooks.example.com/in  name"),
            ("", "refuse   url_malformed"),
        ] {
            assert_eq!(line(&Judged::unseen(asked, &network)), told);
        }
    }

    #[tokio::test]
    async fn one_bad_answer_is_told_beside_the_good_ones() {
        let names =
            FixedResolver::new().with("a.example", ["8.8.8.8".parse().unwrap(), "169.254.169.254".parse().unwrap()]);
        let network = Network::new(Policy::strict(), names);
        let judged = Judged::looked_up("https://a.example/in", &network).await;
        assert_eq!((judged.called, judged.why), (false, "metadata"));
        let each: Vec<_> = judged.addresses.iter().map(|one| (one.called, one.why)).collect();
        assert_eq!(each, [(true, "public"), (false, "metadata")]);
    }
}
