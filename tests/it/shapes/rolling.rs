//! A fleet is updated while its clients go on.

use mitto::status::Code;
use mitto::transport::memory::Memory;
use mitto::{Format, Server};

use super::versions::{new, old};

#[tokio::test]
async fn fleet_is_updated_one_end_after_the_other() {
    let memory = Memory::new();
    let listen = |server: Server, url: &'static str| server.transport(memory.clone()).listen(url);
    let first = listen(Server::new(old::ShopServer::default()), "memory://first");
    let _first = first.await.unwrap().spawn();
    let second = listen(Server::new(new::ShopServer::default()), "memory://second");
    let _second = second.await.unwrap().spawn();

    for url in ["memory://first", "memory://second"] {
        for format in [Format::MESSAGE_PACK, Format::COMPACT] {
            let before = old::ShopClient::builder().transport(memory.clone());
            let before = before.format(format).connect(url).await.unwrap();
            let after = new::ShopClient::builder().transport(memory.clone());
            let after = after.format(format).connect(url).await.unwrap();

            // What did not change is carried in every format between all of them.
            assert_eq!(before.same(old::Same { n: 1 }).await, Ok(1));
            assert_eq!(after.same(new::Same { n: 2 }).await, Ok(2));
            assert_eq!(before.aliased(old::Aliased { old: 3 }).await, Ok(3));

            // What did change is carried between equal ones, and by formats with names.
            let is_first = url == "memory://first";
            let outcomes = [
                (is_first, before.retyped(old::Retyped { n: 4 }).await),
                (!is_first, after.retyped(new::Retyped { n: 5 }).await),
            ];
            for (equal, outcome) in outcomes {
                match equal || format == Format::MESSAGE_PACK {
                    true => assert_eq!(outcome, Ok(1)),
                    false => assert_eq!(outcome.unwrap_err().code(), Code::SchemaMismatch),
                }
            }
            let differs = |equal: bool, differences: usize| assert_eq!(equal, differences == 0);
            differs(is_first, before.peer().schema_differences().len());
            differs(!is_first, after.peer().schema_differences().len());
        }
    }
}
