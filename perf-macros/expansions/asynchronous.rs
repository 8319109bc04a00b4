#[timed(poll)]
async fn query(pool: &Pool, id: u64) -> Result<Row, Error> {
    pool.get().await?.row(id).await
}

// becomes

async fn query(pool: &Pool, id: u64) -> Result<Row, Error> {
    #![allow(clippy::items_after_statements)]
    let __perfkit_call = ::perfkit::__private::Call::<::perfkit::__private::Polled>::at({
        fn here() {}
        static SITE: ::perfkit::__private::CallSite =
            ::perfkit::__private::CallSite::new(::perfkit::__private::Name::Path(|| {
                ::perfkit::__private::type_name_of_val(&here)
            }));
        &SITE
    });
    ::perfkit::__private::Timed::new(
        __perfkit_call,
        async move {
            #[allow(clippy::used_underscore_binding)]
            let _ = (&id, &pool);
            if false {
                let __perfkit_returned: Result<Row, Error> = ::perfkit::__private::never();
                return __perfkit_returned;
            }
            pool.get().await?.row(id).await
        },
        |__perfkit_value, __perfkit_ended| {
            #[allow(unused_imports)]
            use ::perfkit::__private::{ViaAny as _, ViaResult as _};
            __perfkit_ended.set_outcome((&::perfkit::__private::Probe(__perfkit_value)).outcome());
        },
    )
    .await
}
