//! Listings: one partition, in the order of its sort keys, a page at a time.

use std::ops::RangeInclusive;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use treble_core::ports::{Page, PageRequest, StoreError};

use super::item::{Item, key, read_text, text, unavailable};
use super::schema::{MAX_SORT_KEY_BYTES, PARTITION_KEY, SORT_KEY};

/// A partition to be listed.
pub(crate) struct Listing<'a> {
    pub(crate) client: &'a Client,
    pub(crate) table: &'a str,
    pub(crate) partition: String,
    /// The sort keys to be listed; all, when absent.
    pub(crate) range: Option<RangeInclusive<String>>,
    /// From the last sort key to the first.
    pub(crate) backwards: bool,
}

impl Listing<'_> {
    /// The items that `read` makes something of, up to the limit asked for.
    ///
    /// One more is asked for than is returned, so that there is a continuation only where something follows. Reads are
    /// consistent: whoever just made something finds it in the list.
    pub(crate) async fn page<T>(
        &self,
        asked: &PageRequest,
        read: impl Fn(&Item) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        self.page_within(None, asked, read).await
    }

    /// The same where `read` may leave most items out: no more than so many requests, of as much as DynamoDB reads at
    /// once. What they found is the page then, be it nothing.
    pub(crate) async fn page_within<T>(
        &self,
        most_requests: Option<usize>,
        asked: &PageRequest,
        read: impl Fn(&Item) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let mut page = Page { items: Vec::new(), continuation: None };
        let mut start = asked.continuation.as_deref().map(|token| self.start(token)).transpose()?;
        if asked.limit == Some(0) {
            return Ok(page);
        }
        let mut last_sort_key = String::new();
        for request in 1.. {
            let missing = asked.limit.map(|limit| (limit - page.items.len()).saturating_add(1));
            let missing = missing.filter(|_| most_requests.is_none());
            let reply = self
                .query()
                .set_limit(missing.map(|missing| i32::try_from(missing).unwrap_or(i32::MAX)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| unavailable(format!("list {}", self.partition), error))?;
            for item in reply.items.unwrap_or_default() {
                let Some(entry) = read(&item)? else { continue };
                if asked.limit == Some(page.items.len()) {
                    page.continuation = Some(token(&self.partition, &last_sort_key));
                    return Ok(page);
                }
                page.items.push(entry);
                last_sort_key = read_text(&item, SORT_KEY)?.to_owned();
            }
            match reply.last_evaluated_key {
                Some(last) if most_requests == Some(request) => {
                    page.continuation = Some(token(&self.partition, read_text(&last, SORT_KEY)?));
                    return Ok(page);
                }
                Some(last) => start = Some(last),
                None => return Ok(page),
            }
        }
        Ok(page)
    }

    fn query(&self) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(self.table)
            .consistent_read(true)
            .scan_index_forward(!self.backwards)
            .expression_attribute_values(":pk", text(&self.partition));
        let partition = format!("{PARTITION_KEY} = :pk");
        match &self.range {
            None => query.key_condition_expression(partition),
            Some(range) => query
                .key_condition_expression(format!("{partition} AND {SORT_KEY} BETWEEN :first AND :last"))
                .expression_attribute_values(":first", text(range.start()))
                .expression_attribute_values(":last", text(range.end())),
        }
    }

    /// The key after which a page starts.
    fn start(&self, token: &str) -> Result<Item, StoreError> {
        let sort_key = sort_key(&self.partition, token).ok_or(StoreError::InvalidContinuation)?;
        if self.range.as_ref().is_some_and(|range| !range.contains(&sort_key)) {
            return Err(StoreError::InvalidContinuation);
        }
        Ok(key(&self.partition, sort_key))
    }
}

/// How many bytes of a token tell what listing it belongs to.
const TAG_BYTES: usize = 6;

/// A continuation token: where a page of a partition ended. The partition itself is not in it, only a tag by which a
/// token of another listing, or one that was changed by accident, is known. Whoever forges one gets to
/// another place of the same listing, as by paging.
fn token(partition: &str, sort_key: &str) -> String {
    let mut bytes = tag(partition, sort_key).to_vec();
    bytes.extend_from_slice(sort_key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sort_key(partition: &str, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (tagged, sort_key) = bytes.split_at_checked(TAG_BYTES)?;
    let sort_key = std::str::from_utf8(sort_key).ok()?;
    let fits = (1..=MAX_SORT_KEY_BYTES).contains(&sort_key.len());
    (fits && tagged == tag(partition, sort_key)).then(|| sort_key.to_owned())
}

fn tag(partition: &str, sort_key: &str) -> [u8; TAG_BYTES] {
    let hash = Sha256::new().chain_update(partition).chain_update([0]).chain_update(sort_key).finalize();
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&hash[..TAG_BYTES]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_partition_only() {
        let good = token("groups", "größe/1");
        assert_eq!(sort_key("groups", &good).as_deref(), Some("größe/1"));
        assert_eq!(sort_key("hook#g", &good), None);
        assert!(
            good.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
            "{good}"
        );
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = token("groups", "a");
        for mutilated in ["", "AAAA", "!", "é", &good[1..], &good[..good.len() - 2], &format!("{good}A")] {
            assert_eq!(sort_key("groups", mutilated), None, "{mutilated}");
        }
        assert_eq!(sort_key("groups", &token("groups", "")), None, "no key is empty");
        assert_eq!(sort_key("groups", &token("groups", &"x".repeat(1025))), None, "no key is this long");
    }
}
