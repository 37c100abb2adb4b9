//! Checkpoints and proofs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_ledger::{Checkpoint, Hash, leaf_hash, verify_consistency, verify_inclusion};
use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::house::House;

fn hash(hex: &Value) -> Hash {
    let digits = hex.as_str().unwrap();
    let bytes: Vec<u8> =
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    Hash::from_slice(&bytes).unwrap()
}

fn hashes(proof: &Value) -> Vec<Hash> {
    proof["proof"].as_array().unwrap().iter().map(hash).collect()
}

both_engines! {
    async fn a_leaf_is_proven_against_the_signed_checkpoint(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.act(&house.ctx, 20).await;
        let (status, pending) = house.get(&key, "/v1/ledger/checkpoint").await;
        assert_eq!((status, &pending["code"]), (404, &json!("checkpoint_pending")));
        house.store().checkpoint().await.unwrap();

        let (_, signed) = house.get(&key, "/v1/ledger/checkpoint").await;
        let trusted = house.store().verifier_key().unwrap();
        assert_eq!(signed["verifier_key"], json!(trusted.to_string()));
        let checkpoint = Checkpoint::parse_and_verify(signed["note"].as_str().unwrap(), &trusted).unwrap();
        assert_eq!((checkpoint.size(), checkpoint.origin()), (21, signed["origin"].as_str().unwrap()));
        for seq in [0, 7, 20] {
            let (status, proof) = house.get(&key, &format!("/v1/ledger/proof?seq={seq}")).await;
            assert_eq!(status, 200, "{proof}");
            let leaf = leaf_hash(&STANDARD.decode(proof["leaf"].as_str().unwrap()).unwrap());
            assert_eq!((leaf, &proof["checkpoint"]), (hash(&proof["leaf_hash"]), &signed["note"]));
            verify_inclusion(&leaf, seq, 21, &hashes(&proof), &checkpoint.root()).unwrap();
            verify_inclusion(&leaf, (seq + 1) % 21, 21, &hashes(&proof), &checkpoint.root()).unwrap_err();
        }
    }

    async fn the_older_tree_is_proven_to_be_the_beginning_of_the_newer(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        house.act(&house.ctx, 5).await;
        house.store().checkpoint().await.unwrap();
        house.act(&house.ctx, 9).await;
        house.store().checkpoint().await.unwrap();
        let trusted = house.store().verifier_key().unwrap();
        let notes = house.store().ledger_checkpoints(&house.ctx, 0, 10).await.unwrap();
        let [old, new] = [&notes[0], &notes[1]].map(|row| Checkpoint::parse_and_verify(&row.note, &trusted).unwrap());
        let path = format!("/v1/ledger/proof?from={}&to={}", old.size(), new.size());
        let (_, proof) = house.get(&key, &path).await;
        assert_eq!(proof["kind"], json!("consistency"));
        verify_consistency(old.size(), new.size(), &hashes(&proof), &old.root(), &new.root()).unwrap();
        verify_consistency(old.size(), new.size(), &hashes(&proof), &new.root(), &new.root()).unwrap_err();
    }

    async fn what_is_not_there_has_no_proof_and_half_a_question_no_answer(test: TestStore) {
        let house = House::new(test).await;
        let key = house.key(&house.ctx).await;
        let code = async |query: &str| house.get(&key, &format!("/v1/ledger/proof?{query}")).await.1["code"].clone();
        assert_eq!(code("seq=0").await, json!("checkpoint_pending"));
        for query in ["seq=1&size=1", "seq=0&size=2", "seq=0&size=0", "from=0&to=1", "from=1&to=2", "seq=0&size=18446744073709551615"] {
            assert_eq!(code(query).await, json!("proof_out_of_range"), "{query}");
        }
        for query in ["", "size=1", "from=1", "to=1", "seq=0&from=1&to=1", "size=1&from=1&to=1", "seq=-1"] {
            assert_eq!(code(query).await, json!("query_invalid"), "{query}");
        }
    }
}
