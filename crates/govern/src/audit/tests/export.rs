//! Export and offline verification.

use sealpost_ledger::{Checkpoint, FindingKind};
use sealpost_store::{StoreError, both_engines, org_sql};

use super::house::House;
use crate::audit::{VerifyError, export, verify, verify_file, witnessed_in};

async fn exported(house: &House) -> Vec<u8> {
    let mut out = Vec::new();
    export(house.store(), &house.ctx, &mut out).await.unwrap();
    out
}

both_engines! {
    async fn an_export_verifies_offline_and_ends_with_its_own_leaf(test: TestStore) {
        let house = House::new(test).await;
        house.act(&house.ctx, 3).await;
        house.store().checkpoint().await.unwrap();
        house.act(&house.live(), 2).await;
        let bytes = exported(&house).await;
        let trusted = house.store().verifier_key().unwrap();
        let report = verify(bytes.as_slice(), &trusted, &[]).unwrap();
        assert_eq!((report.leaves, report.checkpoints, report.unsealed), (6, 2, 0));
        assert_eq!((report.org, report.origin), (Some(house.ctx.org.id.bytes()), house.store().ledger_origin(house.ctx.org.id)));
        let newest = house.store().ledger_checkpoint(&house.ctx).await.unwrap().unwrap();
        let witnessed = Checkpoint::parse_and_verify(&newest.note, &trusted).unwrap();
        verify(bytes.as_slice(), &trusted, &[witnessed]).unwrap();
    }

    async fn an_export_of_an_older_copy_contradicts_the_witness(test: TestStore) {
        let house = House::new(test).await;
        house.act(&house.ctx, 3).await;
        let old_copy = exported(&house).await;
        house.act(&house.ctx, 3).await;
        house.store().checkpoint().await.unwrap();
        let trusted = house.store().verifier_key().unwrap();
        let note = house.store().ledger_checkpoint(&house.ctx).await.unwrap().unwrap().note;
        let witnessed = witnessed_in(&note, &trusted).unwrap();
        verify(old_copy.as_slice(), &trusted, &[]).unwrap();
        let finding = verify(old_copy.as_slice(), &trusted, &witnessed).unwrap_err();
        assert!(matches!(finding, VerifyError::Finding(found) if found.kind == FindingKind::RolledBack { witnessed: 7 }));
    }

    async fn a_row_edited_or_deleted_behind_our_back_is_found_and_named(test: TestStore) {
        let house = House::new(test).await;
        for (statement, seq) in [
            (
                org_sql!("update ledger_leaf set leaf = (select l.leaf from ledger_leaf l where l.org = $1 and l.seq = 1)
                          where org = $1 and seq = 2"),
                2,
            ),
            (
                org_sql!("update ledger_leaf set content = (select l.content from ledger_leaf l where l.org = $1 and l.seq = 1)
                          where org = $1 and seq = 3"),
                3,
            ),
            (org_sql!("delete from ledger_leaf where org = $1 and seq = 4"), 4),
        ] {
            let ctx = house.test.organisation().await;
            house.act(&ctx, 6).await;
            house.store().checkpoint().await.unwrap();
            let changed = house.store().maintain::<_, StoreError>(&ctx, move |tx| tx.execute(statement, &[])).await;
            assert_eq!(changed.unwrap(), 1);
            let file = tempfile::NamedTempFile::new().unwrap();
            export(house.store(), &ctx, &mut file.as_file()).await.unwrap();
            let error = verify_file(file.path(), &house.store().verifier_key().unwrap(), &[]).unwrap_err();
            let VerifyError::Finding(found) = error else { panic!("{error}") };
            assert_eq!(found.seq, seq, "{found}");
        }
    }
}
