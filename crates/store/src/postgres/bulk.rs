//! Many rows in one statement.
//!
//! A statement is written once, for one row. For many, its parameters become arrays and the statement reads its rows from `unnest`:
//!
//! ```text
//! insert into t (org, id) values ($1, $2)      insert into t (org, id) select $1::uuid, v.p2 from unnest($2::uuid[]) as v (p2)
//! delete from t where org = $1 and id = $2     delete from t using unnest($1::uuid[], $2::uuid[]) as v (p1, p2) where org = v.p1 and id = v.p2
//! ```
//!
//! Where rows are looked for, the organisation is in an array too, although it is the same for all: given as one value, PostgreSQL may
//! read everything the organisation has and compare it with the arrays, because it believes that to be one row until it has
//! statistics, and of a queue, which is empty whenever it looks, for ever.

use tokio_postgres::types::Type;

use crate::ctx::Org;
use crate::sql::{Scoping, Sql};
use crate::value::Value;
use crate::work::Op;

/// Writes that differ only in their values.
pub(super) struct Group<'o> {
    pub(super) org: Org,
    pub(super) sql: Sql,
    pub(super) exact: bool,
    pub(super) ops: Vec<&'o Op>,
}

impl<'o> Group<'o> {
    fn of(op: &'o Op) -> Self {
        Self { org: op.org, sql: op.sql, exact: op.exact, ops: vec![op] }
    }

    /// All of `ops`, which differ from `first` only in their values.
    pub(super) fn all(first: &Op, ops: &'o [Op]) -> Self {
        Self { org: first.org, sql: first.sql, exact: first.exact, ops: ops.iter().collect() }
    }

    fn takes(&self, op: &Op) -> bool {
        self.sql.key() == op.sql.key() && self.org == op.org && self.exact == op.exact
    }

    /// The values that all rows share, and the columns of those that the statement has as arrays.
    pub(super) fn columns(&self) -> (Vec<Value<'o>>, Vec<Vec<Value<'o>>>) {
        let mut shared: Vec<_> = self.ops.first().map(|op| op.params.values().collect()).unwrap_or_default();
        let mut columns = vec![Vec::with_capacity(self.ops.len()); shared.len().saturating_sub(shares(self.sql))];
        shared.truncate(shares(self.sql));
        for op in &self.ops {
            columns
                .iter_mut()
                .zip(op.params.values().skip(shared.len()))
                .for_each(|(column, value)| column.push(value));
        }
        (shared, columns)
    }

    /// The same, one by one.
    pub(super) fn apart(self) -> impl Iterator<Item = Self> {
        self.ops.into_iter().map(Self::of)
    }

    /// Whether it is about no organisation in particular.
    pub(super) fn is_about_all(&self) -> bool {
        self.sql.scoping == Scoping::Installation
    }
}

/// The writes, those put together that may be, in the order in which the first of each was asked for. A write that can't be
/// put together with others is not overtaken either.
pub(super) fn groups(ops: &[Op]) -> Vec<Group<'_>> {
    let (mut groups, mut from) = (Vec::<Group<'_>>::new(), 0);
    for op in ops {
        let open = groups.get_mut(from..).unwrap_or_default();
        match open.iter_mut().find(|group| group.takes(op)) {
            Some(group) if mergeable(op) => group.ops.push(op),
            _ => {
                groups.push(Group::of(op));
                if !mergeable(op) {
                    from = groups.len();
                }
            }
        }
    }
    groups
}

/// Inserts, and what must change one row each: for those it can be told from the number of rows whether they went well.
fn mergeable(op: &Op) -> bool {
    let text = op.sql.postgres;
    op.exact || (text.starts_with("insert into ") && !text.contains("do update") && !text.contains(" select "))
}

/// How many of a statement's first parameters stay single values.
fn shares(sql: Sql) -> usize {
    if sql.postgres.starts_with("insert into ") { sql.own() } else { 0 }
}

/// `sql` for many rows; nothing if its shape is none that is known. `types` are those of its parameters.
pub(super) fn text(sql: Sql, types: &[Type]) -> Option<String> {
    let shared = shares(sql);
    let (_, many) = types.split_at_checked(shared)?;
    if many.is_empty() {
        return None;
    }
    let (arrays, names) = arrays(shared, many);
    let rows = format!("unnest({arrays}) as v ({names})");
    let text = sql.postgres;
    if text.starts_with("insert into ") {
        let (head, rest) = text.split_once("values (")?;
        let (values, tail) = rest.split_once(')').filter(|(_, tail)| !tail.contains('$'))?;
        return Some(format!("{head}select {} from {rows}{tail}", substituted(values, shared, types)?));
    }
    let (head, condition) = text.rsplit_once(" where ")?;
    let keyword = if text.starts_with("delete from ") { "using" } else { "from" };
    Some(format!("{} {keyword} {rows} where {}", substituted(head, 0, types)?, substituted(condition, 0, types)?))
}

/// `sql`, a question, for many rows: answers the number of each that it finds something for, from 1.
pub(super) fn question(sql: Sql, types: &[Type]) -> Option<String> {
    let (arrays, names) = arrays(0, types);
    let (_, text) = sql.postgres.split_once(" from ")?;
    let (table, condition) = text.split_once(" where ")?;
    Some(format!(
        "select v.n from unnest({arrays}) with ordinality as v ({names}, n) where exists (select 1 from {table} where {})",
        substituted(condition, 0, types)?
    ))
}

/// The parameters after the first `shared` as arrays, and what their elements are called.
fn arrays(shared: usize, many: &[Type]) -> (String, String) {
    let arrays: Vec<_> = (shared + 1..).zip(many).map(|(number, of)| format!("${number}::{}[]", of.name())).collect();
    let names: Vec<_> = (shared + 1..).zip(many).map(|(number, _)| format!("p{number}")).collect();
    (arrays.join(", "), names.join(", "))
}

/// Each `$n` as the value it stands for now.
fn substituted(text: &str, shared: usize, types: &[Type]) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut parts = text.split('$');
    out.push_str(parts.next()?);
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let number: usize = number.parse().ok()?;
        if number <= shared {
            out.push_str(&format!("${number}::{}", types.get(number - 1)?.name()));
        } else {
            out.push_str(&format!("v.p{number}"));
        }
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;
    use crate::value::Value;

    const INSERT: Sql = sql!(
        "insert into contact (org, env, id, slot, created_at, updated_at) values ($1, $2, $3, $3, $4, $4)
         on conflict do nothing"
    );
    const UPDATE: Sql = sql!("update message set state = $5 where org = $1 and env = $2 and id = $3 and state = $4");
    const DELETE: Sql = sql!("delete from outbox where org = $1 and env = $2 and id = $3");

    #[test]
    fn an_insert_reads_its_rows_from_arrays() {
        let text = text(INSERT, &[Type::UUID, Type::TEXT, Type::UUID, Type::INT8]).unwrap();
        assert_eq!(
            text,
            "insert into contact (org, env, id, slot, created_at, updated_at) select $1::uuid, $2::text, v.p3, v.p3, v.p4, v.p4 \
             from unnest($3::uuid[], $4::int8[]) as v (p3, p4)\n         on conflict do nothing"
        );
    }

    #[test]
    fn a_change_is_joined_to_its_arrays() {
        let types = [Type::UUID, Type::TEXT, Type::UUID, Type::TEXT, Type::TEXT];
        assert_eq!(
            text(UPDATE, &types).unwrap(),
            "update message set state = v.p5 from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[]) \
             as v (p1, p2, p3, p4, p5) where org = v.p1 and env = v.p2 and id = v.p3 and state = v.p4"
        );
        assert_eq!(
            text(DELETE, &types[..3]).unwrap(),
            "delete from outbox using unnest($1::uuid[], $2::text[], $3::uuid[]) as v (p1, p2, p3) \
             where org = v.p1 and env = v.p2 and id = v.p3"
        );
    }

    #[test]
    fn a_question_is_asked_for_all_rows_of_its_arrays() {
        const FIND: Sql =
            sql!("select id from suppression where org = $1 and env = $2 and channel = $3 and value = $4");
        let types = [Type::UUID, Type::TEXT, Type::TEXT, Type::BYTEA];
        assert_eq!(
            question(FIND, &types).unwrap(),
            "select v.n from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) with ordinality as v (p1, p2, p3, p4, n) \
             where exists (select 1 from suppression where org = v.p1 and env = v.p2 and channel = v.p3 and value = v.p4)"
        );
    }

    #[test]
    fn only_writes_that_differ_in_values_alone_are_put_together_and_others_are_not_overtaken() {
        const FREE: Sql = sql!("update message set state = $4 where org = $1 and env = $2 and id = $3");
        let org = |n| Org { id: crate::OrgId::from_bytes([n; 16]), environment: crate::Environment::Live };
        let op = |n, sql, exact| Op { exact, ..Op::new(org(n), sql, &[Value::Null]) };
        let ops = [
            op(1, INSERT, false),
            op(1, DELETE, true),
            op(1, INSERT, false),
            op(2, INSERT, false),
            op(1, FREE, false),
            op(1, INSERT, false),
            op(1, FREE, false),
        ];
        let sizes: Vec<_> = groups(&ops).iter().map(|group| (group.sql.table(), group.ops.len())).collect();
        assert_eq!(
            sizes,
            [("contact", 2), ("outbox", 1), ("contact", 1), ("message", 1), ("contact", 1), ("message", 1)]
        );
    }
}
